// Lays out and writes as SVG, with dagre, the graphs that the roadmap benchmark wrote with our times, and
// prints ours beside dagre's. Fails where ours takes longer.
import { readFileSync } from "node:fs";
import dagre from "@dagrejs/dagre";

const rounds = 3;

function layout({ nodes, edges, card: [width, height] }) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 20, ranksep: 76 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (let node = 0; node < nodes; node++) graph.setNode(String(node), { width, height });
  for (const [from, to] of edges) graph.setEdge(String(from), String(to));
  dagre.layout(graph);
  return graph;
}

function render(graph) {
  const cards = graph.nodes().map((id) => {
    const { x, y, width, height } = graph.node(id);
    return `<a href="?node=${id}" id="card-${id}"><rect x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}"/><text x="${x}" y="${y}">Do part ${id} of the work, and tell how</text></a>`;
  });
  const curves = graph.edges().map((edge) => {
    const points = graph.edge(edge).points.map(({ x, y }) => `${x} ${y}`);
    return `<path d="M${points.join("L")}"/>`;
  });
  return `<svg>${curves.join("")}${cards.join("")}</svg>`;
}

function median(work) {
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return times.sort((one, two) => one - two)[Math.floor(rounds / 2)];
}

const graphs = JSON.parse(readFileSync(process.argv[2], "utf8"));
const ms = (time) => `${time.toFixed(1)} ms`.padStart(10);
let slow = false;
console.log("300 nodes, 600 edges".padEnd(30), "layout: ours, dagre, ratio".padEnd(32), "with SVG: ours, dagre, ratio");
for (const graph of graphs) {
  const theirs = median(() => layout(graph));
  const both = median(() => render(layout(graph)));
  const ours = graph.layout + graph.render;
  slow ||= graph.layout > theirs || ours > both;
  console.log(graph.name.padEnd(30), ms(graph.layout), ms(theirs), (graph.layout / theirs).toFixed(3).padEnd(9), ms(ours), ms(both), (ours / both).toFixed(3));
}
process.exitCode = slow ? 1 : 0;
