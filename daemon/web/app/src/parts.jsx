import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { count, language, seen, t } from "./words.js";

// Shown at once, without the browser's own navigation.
export function Link({ to, children, ...more }) {
  const follow = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} {...more}>
      {children}
    </a>
  );
}

export function go(to, replace = false) {
  history[replace ? "replaceState" : "pushState"](null, "", to);
  dispatchEvent(new Event("went"));
}

// A shape beside the word and the colour.
const SHAPES = { critical: "◆", warning: "▲", info: "○" };
export const Severity = ({ of }) => (
  <span class={"severity " + of}>
    <span aria-hidden="true">{SHAPES[of]} </span>
    {t(of)}
  </span>
);

// Prose of the knowledge base: its commands stand between backticks, and are code here. With `copies` those of several words can be copied.
export const Prose = ({ text, copies, ...more }) => (
  <div {...more}>
    {String(text ?? "")
      .split(/(`[^`\n]+`)/)
      .map((part) => {
        if (!/^`[^`\n]+`$/.test(part)) return seen(part);
        const code = part.slice(1, -1);
        return copies && code.includes(" ") ? (
          <span class="command">
            <code>{seen(code)}</code> <Copy text={code} />
          </span>
        ) : (
          <code>{seen(code)}</code>
        );
      })}
  </div>
);

export function Spark({ values = [], label }) {
  const most = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length);
  const bars = values.map((value, i) => (value > 0 ? `M${(i * step + step / 2).toFixed(1)} 24V${(23 - (22 * value) / most).toFixed(1)}` : "")).join("");
  return (
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={label}>
      <path d="M0 23.5H100" class="ground" />
      <path d={bars} />
    </svg>
  );
}

export function Copy({ text }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <button type="button" class="copy" onClick={copy}>
      <span aria-live="polite">{done ? t("copied") : t("copy")}</span>
    </button>
  );
}

// Something to copy as it is; shown with what cannot be seen made visible.
export function Code({ text, label, isDiff }) {
  const lines = text.replace(/\n$/, "").split("\n");
  const kind = (line) => (!isDiff ? "" : /^(\+\+\+|---|@@)/.test(line) ? "at" : line[0] === "+" ? "plus" : line[0] === "-" ? "minus" : "");
  return (
    <figure class="code">
      <figcaption>
        {label}
        <Copy text={text} />
      </figcaption>
      <pre tabIndex={0} aria-label={label}>
        {lines.map((line) => (
          <span class={kind(line)}>{seen(line) + "\n"}</span>
        ))}
      </pre>
    </figure>
  );
}

export function Problem({ error, retry }) {
  return (
    <div class="problem" role="alert">
      <p>{error.status === 404 ? t("gone") : error.status ? seen(error.message) : t("failed", { why: error.message })}</p>
      {error.status !== 404 && (
        <button type="button" onClick={retry}>
          {t("retry")}
        </button>
      )}
    </div>
  );
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// `points`: [seconds, count] of what was seen; the time between is nought.
export function Chart({ points, from, to, step, marks = [], theme }) {
  const place = useRef(null);
  useEffect(() => {
    const start = Math.floor(from / step) * step;
    const times = [];
    for (let at = start; at <= to; at += step) times.push(at);
    const values = new Array(times.length).fill(0);
    for (const [at, number] of points) {
      const index = Math.floor((at - start) / step);
      if (index >= 0 && index < values.length) values[index] += number;
    }
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const two = (n) => String(n).padStart(2, "0");
    const hour = (date) => two(date.getHours()) + ":" + two(date.getMinutes());
    const day = (date) => two(date.getMonth() + 1) + "-" + two(date.getDate());
    const options = {
      width: Math.max(200, place.current.clientWidth),
      height: 160,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_, low, high) => [0, Math.max(1, high)] } },
      axes: [
        { ...axis, space: 70, values: (_, ticks) => ticks.map((at) => (to - from > 172800 ? day : hour)(new Date(at * 1000))) },
        { ...axis, size: 48, values: (_, ticks) => ticks.map((n) => (Number.isInteger(n) ? count(n) : "")) },
      ],
      series: [{}, { stroke: colour("--accent"), fill: colour("--accent-soft"), width: 1.5, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) }],
      hooks: {
        draw: [
          (plot) => {
            plot.ctx.fillStyle = colour("--warning");
            for (const mark of marks) plot.ctx.fillRect(plot.valToPos(mark, "x", true), plot.bbox.top, 2, plot.bbox.height);
          },
        ],
      },
    };
    const plot = new uPlot(options, [times, values], place.current);
    const fit = () => plot.setSize({ width: Math.max(200, place.current.clientWidth), height: 160 });
    addEventListener("resize", fit);
    return () => {
      removeEventListener("resize", fit);
      plot.destroy();
    };
  }, [points, from, to, step, theme, language.now]);
  const inside = points.filter(([at]) => at >= from);
  const total = inside.reduce((sum, [, number]) => sum + number, 0);
  const most = inside.reduce((top, [, number]) => Math.max(top, number), 0);
  return <div class="chart" ref={place} role="img" aria-label={t("chart", { total: count(total), most: count(most) })} />;
}
