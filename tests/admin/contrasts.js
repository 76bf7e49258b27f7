// Every text whose contrast to what is behind it is below WCAG 2.2 AA (success criterion 1.4.3).
() => {
  const channels = (text) => {
    const found = text.match(/[\d.]+/g).map(Number);
    return found.length > 3 ? found : [...found, 1];
  };
  const over = (top, below) => top.slice(0, 3).map((part, index) => part * top[3] + below[index] * (1 - top[3]));
  const luminance = (colour) => {
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let place = element; place; place = place.parentElement) {
      layers.push(channels(getComputedStyle(place).backgroundColor));
    }
    const white = [255, 255, 255];
    return layers.reverse().reduce((below, layer) => over(layer, below), white);
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(element);
    const shown = element.checkVisibility() && style.clipPath === "none" && !element.closest(".skip, option, svg");
    if (!own || !shown) {
      continue;
    }
    const below = behind(element);
    const [light, dark] = [luminance(over(channels(style.color), below)), luminance(below)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (large ? 3 : 4.5)) {
      poor.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 120)}`);
    }
  }
  return poor;
}
