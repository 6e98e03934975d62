(() => {
  const hub = (window.neurocellViewer ??= { boxes: new Set(), engines: {} });
  const box = document.currentScript && document.currentScript.closest(".neurocell-view");
  if (!box) return;
  hub.boxes.add(box);
  const take = () => {
    const engine = hub.engines[box.dataset.viewer];
    if (!hub.boxes.has(box) || !engine || engine.adopt(box) === false) return;
    hub.boxes.delete(box);
  };
  hub.say ??= (box, text) => {
    const note = box.querySelector(".neurocell-note");
    if (note) [note.hidden, note.textContent] = [!text, text];
  };
  hub.say(box, "");
  take();
  setTimeout(() => {
    take();
    if (hub.boxes.has(box) && !hub.engines[box.dataset.viewer]) {
      hub.say(box, "A still picture: the viewer itself, which comes with a notebook's first view, was not found on the page. Run the cell of that view, or end this one with .view()?.whole().");
    }
  }, 4000);
})();
