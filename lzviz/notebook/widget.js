// The widget of a cell: a frame with the page of the canvas, which opens itself with the widget's model.
export default {
  render({ model, el }) {
    const frame = document.createElement("iframe");
    frame.title = "lzviz";
    Object.assign(frame.style, { display: "block", width: "100%", border: "0", colorScheme: "normal" });
    const size = () => { frame.style.height = `${model.get("height")}px`; };
    let close = null;
    let gone = false;
    frame.addEventListener("load", async () => {
      const end = await frame.contentWindow.lzvizOpen?.(model, document);
      if (gone) end?.();
      else close = end;
    });
    frame.srcdoc = model.get("_page");
    size();
    model.on("change:height", size);
    el.append(frame);
    return () => {
      gone = true;
      model.off("change:height", size);
      close?.();
      frame.remove();
    };
  },
};
