"""The Jupyter project's own suite for kernels, with every part that it offers."""

import jupyter_kernel_test
from conftest import START


class TestNeurocell(jupyter_kernel_test.KernelTests):
    kernel_name = "neurocell"
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("hello, stderr");'
    code_generate_error = "let number: i32 = undefined_name;"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": 'format!("{}-{}", 1, 2)', "result": '"1-2"'},
        {"code": "vec![1, 2]", "result": "[1, 2]"},
    ]
    code_display_data = [
        {
            "code": 'neurocell::notebook::display(&[("image/svg+xml", b"<svg xmlns=\'http://www.w3.org/2000/svg\'/>")]);',
            "mime": "image/svg+xml",
        },
        {"code": "Networks::yeo7()?.mosaic()?", "mime": "image/png"},
    ]
    completion_samples = [
        {"text": "let x = std::fs::read_to_s", "matches": {"read_to_string"}},
        {"text": "Stimulus::exa", "matches": {"example", "example_runs"}},
        {"text": "mosa", "matches": {"mosaic_grid"}},
        {"text": ":var", "matches": {":vars"}},
    ]
    complete_code_samples = [
        "1 + 1",
        "let x = 1;",
        "fn f<'a>(s: &'a str) -> &'a str { s }",
        'let s = "{"; // (',
        "",
        ":vars",
        ':dep regex = "1"',
    ]
    incomplete_code_samples = ["fn f() {", "vec![1, 2,", 'let s = "open', "/* open", 'r#"open"', "let x =", "1 +", "foo."]
    invalid_code_samples = ["}", "f(]", "let 1x = ;"]
    code_inspect_sample = "Stimulus"
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "6 *?7"
    # A framed message, as the prelude would send it.
    code_clear_output = 'println!("\\u{1e}neurocell {{\\"clear_output\\":{{\\"wait\\":false}}}}");'

    # A pager is a program's text window beside the notebook: there is none here.
    test_pager = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The suite's own patience is for kernels that are ready when they answer.
        cls.kc.execute_interactive("let warm = 1;", timeout=START)
