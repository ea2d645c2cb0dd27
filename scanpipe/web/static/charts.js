// Draws the charts of a page from their Vega-Lite descriptions, in the colours of the page: light, dark or for paper. Without it the tables below each chart say the same.

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function looks() {
  const [ink, quiet, rule, accent, good, doubt, bad, ground] = ["--ink", "--quiet", "--rule", "--accent", "--good", "--doubt", "--bad", "--ground"].map(token);
  return {
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily.replaceAll('"', "'"),
    view: { stroke: null },
    axis: { labelColor: ink, titleColor: quiet, gridColor: rule, domainColor: rule, tickColor: rule, labelFontSize: 13, titleFontSize: 13, titleFontWeight: "normal" },
    legend: { labelColor: ink, titleColor: quiet, labelFontSize: 13, titleFontSize: 13, titleFontWeight: "normal" },
    bar: { color: accent }, line: { color: accent, strokeWidth: 2.5 },
    range: { category: [accent, doubt, good, bad], heatmap: [bad, ground, accent], diverging: [bad, ground, accent], ramp: [ground, accent] },
  };
}

async function draw(place) {
  const answer = await fetch(place.dataset.chart, { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const wanted = await answer.json();
  if (!Object.values(wanted.datasets ?? {}).flat().length) return; // no figures yet: bare axes would say nothing
  const drawn = await vegaEmbed(place, wanted, {
    actions: false, logLevel: 1, ast: true, renderer: "svg", defaultStyle: false, config: looks(), tooltip: { disableDefaultStyle: true, id: "chart-tip" },
  });
  place.scanpipeView = drawn;
}

async function drawAll() {
  for (const place of document.querySelectorAll("[data-chart]")) {
    try {
      place.scanpipeView?.finalize();
      await draw(place);
    } catch (error) {
      console.error(error);
    }
  }
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
