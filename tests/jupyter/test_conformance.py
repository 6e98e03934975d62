"""The Jupyter project's own suite for kernels."""

import jupyter_kernel_test
from conftest import START


class TestNeurocell(jupyter_kernel_test.KernelTests):
    kernel_name = "neurocell"
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("hello, stderr");'
    code_generate_error = "let number: i32 = undefined_name;"
    code_execute_result = [{"code": "6 * 7", "result": "42"}]
    code_display_data = [
        {
            "code": 'neurocell::notebook::display(&[("image/svg+xml", b"<svg xmlns=\'http://www.w3.org/2000/svg\'/>")]);',
            "mime": "image/svg+xml",
        }
    ]
    completion_samples = [{"text": "let x = std::"}]
    complete_code_samples = ["1 + 1", "fn f<'a>(s: &'a str) -> &'a str { s }", "let s = \"{\"; // (", ""]
    incomplete_code_samples = ["fn f() {", "vec![1, 2,", 'let s = "open', "/* open", 'r#"open"']
    invalid_code_samples = ["}", "f(]"]

    # What the kernel does not claim to do yet; a skipped test would look like a missing part of the environment.
    test_history = test_inspect = test_pager = test_clear_output = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The suite's own patience is for kernels that are ready when they answer.
        cls.kc.execute_interactive("let warm = 1;", timeout=START)
