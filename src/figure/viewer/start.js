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
  take();
  const note = box.querySelector(".neurocell-note");
  if (note) note.hidden = true;
  setTimeout(() => {
    take();
    if (!note || !hub.boxes.has(box)) return;
    note.hidden = false;
    note.textContent = "The viewer itself is in the output of this notebook's first view and was not found on the page: run that cell, or end this one with .view()?.whole().";
  }, 4000);
})();
