"""Interactive views in JupyterLab, in a saved page and in headless notebooks: they draw, turn, stay small, and stand still where no scripts run."""

import base64
import json
import re
import statistics
import subprocess
import time

import nbformat
import pytest
from conftest import BINARY, START
from selenium.webdriver import ActionChains
from session import only, session
from test_lab import BROWSER, DRIVER, READY, RUN_ALL, SCREENS, STATE, browser, lab, opened, wait_for  # noqa: F401

MADE = """let mask = Mask::mni4mm()?;
let wave: Vec<f32> = (0..mask.count()).map(|n| { let [x, y, z] = mask.mm(n); ((x / 18.0).sin() * (y / 22.0).cos() * (z / 25.0).sin()) as f32 }).collect();
let made = BrainMap::new(wave, &mask, "made waves", "r")?;"""
# The made map on voxels of 2 mm.
FINE = """let brain = Networks::schaefer(100, 7)?;
let fine = brain.mask().clone();
let smooth: Vec<f32> = (0..fine.count()).map(|n| { let [x, y, z] = fine.mm(n); ((x / 18.0).sin() * (y / 22.0).cos() * (z / 25.0).sin()) as f32 }).collect();"""
# The views of the page, from the first: whether each is drawn.
DRAWN = "return [...document.querySelectorAll('.neurocell-view')].map(view => !!view.shadowRoot?.querySelector('canvas'))"
# Sets a control of a view as a reader would.
SET = """
    const control = document.querySelectorAll('.neurocell-view')[arguments[0]].shadowRoot.querySelector(arguments[1]);
    control.value = arguments[2];
    control.dispatchEvent(new Event('input')); control.dispatchEvent(new Event('change'));
"""
STAGE = "return document.querySelectorAll('.neurocell-view')[arguments[0]].shadowRoot.querySelector('.stage')"
SAID = "return document.querySelectorAll('.neurocell-view')[arguments[0]].shadowRoot.querySelector('.where').textContent"
# One for each view, and one for all of them.
VIEW, SHARED = "neurocell-about", "/* NiiVue"

in_browser = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="NO BROWSER: the viewer was not tried. Install chromium and chromium-driver."
)


# Counts pixels of one or two PNGs: coloured ones, those unlike the corner's, and those in which the two differ.
COUNT = """
    const done = arguments[arguments.length - 1];
    const pixels = async (base64) => {
        const image = new Image();
        image.src = 'data:image/png;base64,' + base64;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height), at = canvas.getContext('2d');
        at.drawImage(image, 0, 0);
        return at.getImageData(0, 0, image.width, image.height).data;
    };
    Promise.all([pixels(arguments[0]), pixels(arguments[1])]).then(([a, b]) => {
        let coloured = 0, drawn = 0, changed = 0;
        const far = (p, n, q, m) => Math.max(...[0, 1, 2].map(c => Math.abs(p[n + c] - q[m + c]))) > 24;
        for (let n = 0; n < a.length; n += 4) {
            coloured += Math.max(a[n], a[n + 1], a[n + 2]) - Math.min(a[n], a[n + 1], a[n + 2]) > 60;
            drawn += far(a, n, a, 0);
            changed += far(a, n, b, n);
        }
        done([coloured, drawn, changed]);
    });
"""


def picture(browser, view=0):
    """A view's drawing, as the screen shows it: a PNG as base64."""
    stage = browser.execute_script(STAGE, view)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", stage)
    time.sleep(0.6)
    return stage.screenshot_as_base64


def colours(browser, image):
    """How many pixels are coloured, and how many differ from the corner's colour."""
    return browser.execute_async_script(COUNT, image, image)[:2]


def difference(browser, one, other):
    return browser.execute_async_script(COUNT, one, other)[2]


def notebook_of(cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    notebook.metadata.kernelspec = {"name": "neurocell", "display_name": "Rust (neurocell)", "language": "rust"}
    return notebook


def quiet(browser):
    """What the console complains about, but for a missing icon and the like."""
    said = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    return [line for line in said if "neurocell" in line or "WebGL" in line or "Uncaught" in line]


@in_browser
def test_lab_draws_views_turns_them_and_keeps_the_notebook_small(lab, notebooks, browser):
    """One script for all views; a view changes when it is dragged and when its threshold is moved; untrusted, pictures stand still."""
    many = FINE + '\nfor n in 0..10 {\n    let map = BrainMap::new(smooth.iter().map(|v| v * (1.0 + n as f32)).collect(), &fine, format!("made waves {n}"), "z")?;\n    map.view()?.evcxr_display();\n}'
    nbformat.write(notebook_of([MADE + "\nmade.view()?", "made.view_with(Look::default().threshold(Threshold::Both(0.3)))?", many]), notebooks / "views.ipynb")
    SCREENS.mkdir(parents=True, exist_ok=True)
    try:
        browser.get(lab("views.ipynb"))
        wait_for(lambda: browser.execute_script(READY), 120, "the notebook does not open")
        browser.execute_script(RUN_ALL)

        def ended():
            cells = browser.execute_script(STATE)
            assert "error" not in sum((cell["outputs"] for cell in cells), []), [cell["text"] for cell in cells]
            return all(cell["count"] and cell["state"] != "running" for cell in cells)

        wait_for(ended, START, "the cells do not end")
        picture_of = lambda view: wait_for(lambda: scrolled(browser, view) and browser.execute_script(DRAWN)[view], 40, f"view {view} is not drawn") or picture(browser, view)
        first = picture_of(0)
        coloured, drawn = colours(browser, first)
        assert coloured > 2000 and drawn > 20_000, (coloured, drawn)
        browser.save_screenshot(str(SCREENS / "view-cuts.png"))
        assert "mm: " in browser.execute_script(SAID, 0)

        browser.execute_script(SET, 0, ".slide", "700")
        less = colours(browser, picture(browser))[0]
        assert 0 < less < 0.5 * coloured, (less, coloured)

        for mode in ["render", "left"]:
            browser.execute_script(SET, 0, ".mode", mode)
            before = picture(browser)
            assert colours(browser, before)[1] > 20_000, mode
            stage = browser.execute_script(STAGE, 0)
            ActionChains(browser).move_to_element(stage).click_and_hold().move_by_offset(90, 25).release().perform()
            turned = difference(browser, before, picture(browser))
            assert turned > 5_000, (mode, turned)
            browser.save_screenshot(str(SCREENS / f"view-{mode}.png"))

        assert colours(browser, picture_of(1))[0] > 1000
        assert browser.execute_script("return Object.keys(window.neurocellViewer.engines).length") == 1
        assert not quiet(browser), quiet(browser)

        browser.execute_script("window.jupyterapp.commands.execute('docmanager:save'); return true")
        saved = notebooks / "views.ipynb"
        wait_for(lambda: saved.read_text().count(VIEW) == 12, 30, "the notebook is not saved")
        assert saved.read_text().count(SHARED) == 1
        assert saved.stat().st_size < 5_000_000, saved.stat().st_size

        # Reloaded where it was run, it is trusted, and draws without a kernel's help.
        browser.get(lab("views.ipynb"))
        wait_for(lambda: browser.execute_script(READY), 120, "the notebook does not open again")
        again = picture_of(0)
        assert colours(browser, again)[0] == pytest.approx(coloured, rel=0.2)
        browser.save_screenshot(str(SCREENS / "view-reloaded.png"))

        # Elsewhere a notebook is not trusted: its scripts do not run.
        foreign = nbformat.read(saved, 4)
        foreign.cells[0].source += " // changed elsewhere"
        nbformat.write(foreign, notebooks / "foreign.ipynb")
        browser.get(lab("foreign.ipynb"))
        still = "return [...document.querySelectorAll('.jp-OutputArea-output img')].filter(i => i.complete && i.naturalWidth > 300 && i.clientWidth > 300).length"
        wait_for(lambda: browser.execute_script(still) >= 2, 60, "no still pictures appear")
        assert browser.execute_script("return window.neurocellViewer === undefined && !document.querySelector('.neurocell-view')?.shadowRoot")
        browser.save_screenshot(str(SCREENS / "view-untrusted.png"))
    finally:
        browser.save_screenshot(str(SCREENS / "view-last.png"))


def scrolled(browser, view):
    browser.execute_script("document.querySelectorAll('.neurocell-view')[arguments[0]]?.scrollIntoView({block: 'center'})", view)
    return True


@pytest.fixture(scope="module")
def kernel(jupyter_folders):
    with session() as kernel:
        reply, outputs = kernel.run(MADE)
        assert reply["status"] == "ok", outputs
        yield kernel


@in_browser
def test_a_saved_page_draws_without_a_network(kernel, browser, tmp_path):
    page = tmp_path / "map.html"
    reply, outputs = kernel.run(f'made.view()?.save("{page}")?;')
    assert reply["status"] == "ok", outputs
    browser.set_network_conditions(offline=True, latency=0, throughput=0)
    browser.get(page.as_uri())
    wait_for(lambda: browser.execute_script(DRAWN) == [True], 40, "the page does not draw")
    assert colours(browser, picture(browser))[0] > 2000
    assert not quiet(browser), quiet(browser)


# A map that is another one on each side, at the front, and above.
SIDES = """fn one(mm: [f64; 3]) -> f64 { let [x, y, z] = mm; let away = (x + 34.0).powi(2) + (y + 22.0).powi(2) + (z - 12.0).powi(2);
    2.0 * (-away / 800.0).exp() + x / 90.0 + 0.5 * (y / 24.0).sin() + 0.4 * (z / 19.0).cos() }
let sides = BrainMap::new((0..mask.count()).map(|n| one(mask.mm(n)) as f32).collect(), &mask, "made sides", "z")?;
let peak = sides.peak().expect("there are values").mm;
let look = Look::default().threshold(Threshold::Both(0.0)).range(ColourRange::Symmetric(2.0));"""
# What a still picture shows along x, y and z (mm), and which axes run to the right and upwards in its pictures.
FIELD = [(-75, 75), (-111, 77), (-75, 86)]
ACROSS = {"sagittal": (1, 2), "coronal": (0, 2), "axial": (0, 1)}
# Red, green, blue and opacity of a PNG at places that are given as shares of its width and height.
AT = """
    const [base64, places] = arguments, done = arguments[arguments.length - 1];
    const image = new Image();
    image.onload = () => {
        const canvas = new OffscreenCanvas(image.width, image.height), at = canvas.getContext('2d');
        at.drawImage(image, 0, 0);
        done(places.map(([x, y]) => [...at.getImageData(Math.floor(x * image.width), Math.floor(y * image.height), 1, 1).data]));
    };
    image.src = 'data:image/png;base64,' + base64;
"""


@in_browser
def test_cuts_of_a_view_have_the_colours_of_the_still_picture(kernel, browser, tmp_path):
    """At places all over a cut: what stands there is the scale's colour of the map's value, left is left, and the text says the value."""
    page, still = tmp_path / "sides.html", tmp_path / "sides.svg"
    code = f'sides.view_with(look.clone())?.save("{page}")?;\nsides.slices_at(peak, look)?.save("{still}")?;\nprintln!("{{peak:?}}");'
    reply, outputs = kernel.run(MADE + "\n" + SIDES + "\n" + code)
    assert reply["status"] == "ok", outputs
    peak = json.loads("".join(c["text"] for c in only(outputs, "stream")))
    cuts = dict(zip(["sagittal", "coronal", "axial"], re.findall(r'<image [^>]*href="data:image/png;base64,([^"]+)"', still.read_text())))
    for mode, (across, up) in ACROSS.items():
        # Anew for each cut: a click in one moves the others.
        browser.get(page.as_uri())
        wait_for(lambda: browser.execute_script(DRAWN) == [True], 40, "the page does not draw")
        browser.execute_script(SET, 0, ".mode", mode)
        shown, stage = picture(browser), browser.execute_script(STAGE, 0)
        width, height = stage.size["width"], stage.size["height"]
        places, points = [], []
        for n in range(50):
            # Spread over the middle of the picture; the order is a stride through a lattice.
            x, y = 0.28 + 0.44 * ((7 * n) % 50) / 50, 0.12 + 0.76 * n / 50
            ActionChains(browser, duration=0).move_to_element_with_offset(stage, width * (x - 0.5), height * (y - 0.5)).click().perform()
            said = browser.execute_script(SAID, 0).replace("\u2212", "-")
            found = re.match(r"x (\S+), y (\S+), z (\S+) mm: (\S+) z$", said)
            mm = [float(v) for v in found.groups()[:3]] if found else None
            # Not where the crosshair's own lines ran.
            if found and all(abs(mm[axis] - peak[axis]) > 4 for axis in (across, up)):
                places.append([x, y])
                points.append((mm, float(found.group(4))))
        assert len(points) > 20, (mode, len(points))

        def still_at(mirrored):
            share = lambda mm, axis: (mm[axis] - FIELD[axis][0]) / (FIELD[axis][1] - FIELD[axis][0])
            where = [[1 - share(mm, across) if mirrored else share(mm, across), 1 - share(mm, up)] for mm, _ in points]
            return browser.execute_async_script(AT, cuts[mode], where)

        seen = browser.execute_async_script(AT, shown, places)
        away = lambda others: [max(abs(a[c] - b[c]) for c in range(3)) for a, b in zip(seen, others) if b[3] == 255]
        same, flipped = away(still_at(False)), away(still_at(True))
        assert len(same) > 20 and statistics.median(same) <= 4, (mode, sorted(same))
        assert sum(d > 40 for d in same) <= 0.1 * len(same), (mode, sorted(same))
        assert statistics.median(flipped) > 5 * statistics.median(same), (mode, sorted(flipped))
        for mm, value in points:
            assert abs(mm["sagittal coronal axial".split().index(mode)] - peak["sagittal coronal axial".split().index(mode)]) <= 1, (mode, mm)


@in_browser
def test_without_webgl_the_picture_stays_and_says_why(kernel, tmp_path):
    page = tmp_path / "map.html"
    assert kernel.run(f'made.view()?.save("{page}")?;')[0]["status"] == "ok"
    browser = opened(tmp_path / "profile", "--disable-3d-apis")
    try:
        browser.get(page.as_uri())
        note = "return document.querySelector('.neurocell-note')?.innerText || ''"
        wait_for(lambda: "WebGL 2" in browser.execute_script(note), 20, "nothing is said")
        assert browser.execute_script("return document.querySelector('.neurocell-view img').clientWidth") > 300
        browser.save_screenshot(str(SCREENS / "view-without-webgl.png"))
    finally:
        browser.quit()


def shared(kernel, metadata, code="made.view()?"):
    """How often the shared part comes with a cell that shows a view."""
    message = kernel.client.session.msg("execute_request", {"code": code, "silent": False, "store_history": True})
    message["metadata"] = metadata
    kernel.client.shell_channel.send(message)
    htmls = [m["content"]["data"].get("text/html", "") for m in kernel.heard(message["header"]["msg_id"]) if "data" in m["content"]]
    kernel.client.get_shell_msg(timeout=START)
    assert all('src="data:image/png;base64,' in html for html in htmls) and htmls
    return sum(html.count(SHARED) for html in htmls)


def test_one_cell_of_a_notebook_holds_what_views_share(jupyter_folders):
    with session() as kernel:
        kernel.run(MADE)
        assert shared(kernel, {"cellId": "a"}, "made.view()?.evcxr_display(); made.view()?") == 1
        assert shared(kernel, {"cellId": "b", "deletedCells": []}) == 0
        assert shared(kernel, {"cellId": "a", "deletedCells": []}) == 1
        assert shared(kernel, {"cellId": "b", "deletedCells": ["a"]}) == 1
        assert shared(kernel, {"cellId": "c", "deletedCells": ["d"]}, "made.view()?.whole()") == 1
        assert shared(kernel, {}) == 0


def test_a_headless_notebook_has_what_views_share_once(tmp_path):
    notebook = tmp_path / "views.ipynb"
    figures = ["made.slices()?", "made.surface()?", 'bars(&["one", "two"], &[1.5, -0.5], "Made bars", "z")?', 'made.glass()?.save("glass.png")?;\nmade.slices()?.save("slices.pdf")?;']
    nbformat.write(notebook_of([MADE, "made.view()?", "Networks::yeo7()?.view()?", "made.view()?", *figures]), notebook)
    subprocess.run([BINARY, "run", notebook], check=True, capture_output=True, timeout=START)
    text = (tmp_path / "views.executed.ipynb").read_text()
    assert (text.count(VIEW), text.count(SHARED)) == (3, 1)
    assert len(json.loads(text)["cells"][3]["outputs"]) == 1
    assert all("image/png" in json.loads(text)["cells"][n]["outputs"][0]["data"] for n in [4, 5, 6])
    saved = lambda: [(tmp_path / name).read_bytes() for name in ["glass.png", "slices.pdf"]]
    first = saved()
    # Another run has the same outputs, and saves the same bytes.
    subprocess.run([BINARY, "run", notebook, "-o", tmp_path / "again.ipynb"], check=True, capture_output=True, timeout=START)
    outputs = lambda name: [cell.get("outputs") for cell in json.loads((tmp_path / name).read_text())["cells"]]
    assert outputs("again.ipynb") == outputs("views.executed.ipynb")
    assert saved() == first


def test_ten_noisy_maps_make_a_notebook_below_five_megabytes(tmp_path):
    """Noise voxel by voxel, fading: the picture that packs worst."""
    noisy = """let noise: Vec<f32> = (0..mask.count()).map(|n| (0..6).map(|k| (((n * 6 + k) as u32 + 977 * N).wrapping_mul(2654435761).rotate_left(13).wrapping_mul(2246822519) >> 8) as f32 / 16777216.0 - 0.5).sum()).collect();
BrainMap::new(noise, &mask, "made noise", "z")?.slices()?"""
    notebook = tmp_path / "maps.ipynb"
    mask = "let mask = Networks::schaefer(100, 7)?.mask().clone();"
    nbformat.write(notebook_of([mask, *(noisy.replace("N)", f"{n})") for n in range(10))]), notebook)
    subprocess.run([BINARY, "run", notebook], check=True, capture_output=True, timeout=START)
    made = tmp_path / "maps.executed.ipynb"
    assert made.read_text().count('"image/png": "') == 10
    assert made.stat().st_size < 5_000_000, made.stat().st_size


def test_a_view_is_some_lines_of_text_in_a_terminal(jupyter_folders):
    cells = MADE + "\nmade.view()?\n"
    done = subprocess.run([BINARY, "repl"], input=cells, text=True, capture_output=True, timeout=START)
    assert "View: made waves" in done.stdout and len(done.stdout) < 2000, done.stdout[:3000] + done.stderr[:3000]


LONG = """let figure = neurocell::notebook::LiveFigure::new();
for n in 0..50 {
    std::thread::sleep(std::time::Duration::from_millis(100));
    figure.show(|| bars(&["done"], &[n as f64], "Made bars", "steps"));
}
figure.finish(|| bars(&["done"], &[50.0], "Made bars", "steps"));"""


def test_a_live_figure_is_replaced_in_place(kernel):
    reply, outputs = kernel.run(LONG)
    assert reply["status"] == "ok", outputs
    shown = [(at, kind, content) for at, kind, content in outputs if "display" in kind]
    assert [kind for _, kind, _ in shown][0] == "display_data"
    assert {kind for _, kind, _ in shown[1:]} == {"update_display_data"}
    assert len({content["transient"]["display_id"] for _, _, content in shown}) == 1
    # From the third second on, twice a second, and the last state.
    assert 3 <= len(shown) <= 7, len(shown)
    for _, _, content in shown:
        assert base64.b64decode(content["data"]["image/png"]).startswith(b"\x89PNG")


def test_live_figures_are_turned_off_by_one_option(kernel):
    reply, outputs = kernel.run("neurocell::notebook::live(false);\n" + LONG.replace("..50", "..35"))
    assert reply["status"] == "ok" and not only(outputs, "display_data"), outputs
    kernel.run("neurocell::notebook::live(true);")


def test_a_step_finds_the_same_with_a_live_figure_and_without(kernel):
    """A dictionary that takes some seconds: its figure appears, and atoms and codes are the same bytes as without."""
    learn = """use std::hash::{Hash, Hasher};
fn digest(patterns: &Patterns) -> u64 {
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    patterns.courses().iter().chain(patterns.loadings().iter()).for_each(|v| v.to_bits().hash(&mut hasher));
    hasher.finish()
}
fn noise(n: usize) -> f32 { ((n as u32).wrapping_mul(2654435761).rotate_left(13) as f32 / 2147483648.0) - 1.0 }
let data = ndarray::Array2::from_shape_fn((400, 4000), |(t, n)| noise(t * 37 + n % 50) + noise(t * 4003 + n * 31));
let series = NeuronSeries::new(data, Clock::new(1.5, &[400])?, NeuronAxis::new("simulated", Site::FfnOut, 1, 4000))?;
let options = Dictionary::new(96).epochs(80).tolerance(0.0);"""
    assert kernel.run(learn, timeout=START)[0]["status"] == "ok"
    _, live = kernel.run("let found = series.patterns(options.clone())?;\nprintln!(\"{}\", digest(&found));", timeout=START)
    _, silent = kernel.run("neurocell::notebook::live(false);\nlet found = series.patterns(options.clone())?;\nprintln!(\"{}\", digest(&found));\nneurocell::notebook::live(true);", timeout=START)
    pictures = lambda outputs: sum("image/png" in content["data"] for content in only(outputs, "display_data"))
    number = lambda outputs: re.search(r"\d{6,}", "".join(c["text"] for c in only(outputs, "stream"))).group()
    assert (pictures(live), pictures(silent)) == (1, 0)
    assert number(live) == number(silent)


ENCODE = """let clock = Clock::new(2.0, &[400, 400, 400])?;
fn value(n: usize) -> f32 { ((n as u32).wrapping_mul(2654435761).rotate_left(13).wrapping_mul(2246822519) as f32 / 2147483648.0) - 1.0 }
let brain = Mask::mni4mm()?;
let x = ndarray::Array2::from_shape_fn((1200, 900), |(t, n)| value(t * 7919 + n));
let y = ndarray::Array2::from_shape_fn((1200, brain.count()), |(t, v)| value(t * 104729 + v) + x[[t, v % 900]]);
let features = Features::new("made noise", x, &clock)?;
let bold = VoxelSeries::new(y, brain, clock, "made")?;"""
FIT = """use std::hash::{Hash, Hasher};
neurocell::notebook::live(LIVE);
let began = std::time::Instant::now();
let fit = encode(&features, &bold, Ridge::default().solver(Solver::PerAlpha).without_store())?;
let mut hasher = std::collections::hash_map::DefaultHasher::new();
fit.weights().iter().chain(fit.r()).for_each(|v| v.to_bits().hash(&mut hasher));
println!("digest {} after {:.2} s", hasher.finish(), began.elapsed().as_secs_f64());
neurocell::notebook::live(true);"""


def test_an_encoding_finds_the_same_with_a_live_map_and_without(kernel):
    """The map fills up while blocks of voxels are fitted; weights and scores are the same bytes as without it."""
    assert kernel.run(ENCODE, timeout=START)[0]["status"] == "ok"
    found = {}
    for live in ["true", "false"]:
        reply, outputs = kernel.run(FIT.replace("LIVE", live), timeout=START)
        assert reply["status"] == "ok", outputs
        said = "".join(content["text"] for content in only(outputs, "stream") if content["name"] == "stdout")
        digest, seconds = re.search(r"digest (\d+) after (\S+) s", said).groups()
        alts = [content["data"]["text/plain"] for _, kind, content in outputs if "display" in kind and "image/png" in content["data"]]
        found[live] = (digest, alts, float(seconds))
    assert found["true"][0] == found["false"][0]
    assert not found["false"][1]
    # On a machine that needs less than three seconds nothing is shown.
    if found["true"][2] > 4:
        assert len(found["true"][1]) >= 2 and "so far of" in found["true"][1][0] and "so far" not in found["true"][1][-1], found


def test_a_step_that_is_stopped_leaves_its_last_picture(kernel):
    endless = LONG.replace("..50", "..5000")
    kernel.client.execute(endless, stop_on_error=False)
    kernel.until("display_data")
    kernel.control("interrupt_request")
    error = kernel.until("error")
    assert error["content"]["ename"] == "Interrupted"
    kernel.until("status")
    assert kernel.value("1 + 1") == "2"
