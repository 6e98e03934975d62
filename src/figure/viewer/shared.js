// Unpacks what all views of a page share, once, and draws the views that wait for it.
(async () => {
  const hub = (window.neurocellViewer ??= { boxes: new Set(), engines: {} });
  const key = "KEY";
  if (hub.engines[key]) return;
  // Whoever comes next finds that the parts are on their way.
  hub.engines[key] = { adopt: () => false };
  const packed = PARTS;
  const unpack = async (base64) => {
    const text = atob(base64), bytes = new Uint8Array(text.length);
    for (let n = 0; n < bytes.length; n++) bytes[n] = text.charCodeAt(n);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  };
  const words = async (base64) => new TextDecoder().decode(await unpack(base64));
  // As an inline script, which a page may allow that forbids `eval`; inside a function, so that a page's own module loader is not asked.
  const run = (names, code, ...values) => {
    hub.given = values;
    const script = document.createElement("script");
    script.textContent = `neurocellViewer.found = (function (${names}) {${code}\n})(...neurocellViewer.given)`;
    document.head.append(script);
    script.remove();
    const { found } = hub;
    delete hub.given;
    delete hub.found;
    return found;
  };
  const adopt = () => {
    for (const box of hub.boxes) {
      if (box.dataset.viewer === key && hub.engines[key].adopt(box) !== false) hub.boxes.delete(box);
    }
  };
  try {
    const [niivue, viewer, template, cortex] = await Promise.all([
      words(packed.niivue), words(packed.viewer), unpack(packed.template), unpack(packed.cortex),
    ]);
    const lib = {};
    run("exports, module, define", niivue, lib, {}, undefined);
    hub.engines[key] = run("lib, parts", viewer, lib, { template, cortex, scale: packed.scale, coldest: packed.coldest });
    adopt();
  } catch (problem) {
    delete hub.engines[key];
    for (const box of hub.boxes) {
      if (box.dataset.viewer === key && hub.boxes.delete(box)) hub.say(box, `The picture stays still: the viewer could not be unpacked (${problem.message}).`);
    }
  }
})();
