import { useEffect, useRef, useState } from "preact/hooks";
import { useAnswer } from "./api.js";
import { go, Link, Problem, Severity, Spark } from "./parts.jsx";
import { count, counted, hasWord, isSureOf, lasting, moment, percent, rate, seen, t } from "./words.js";

const PAGE = 50;
const SORTS = ["severity", "rate", "since", "last", "count", "hosts", "title"];
const SORT_WORDS = { severity: "bySeverity", rate: "byRate", since: "bySince", last: "byLast", count: "byCount", hosts: "byHosts", title: "byTitle" };
const COLUMNS = [["severity", "columnIncident"], ["since", "columnSince"], ["rate", "columnRate"], ["count", "columnCount"], ["hosts", "columnHosts"]];
const SIDES = { upstream: "sideUpstream", client: "sideClient", config: "sideConfig", ocsp: "sideOcsp" };
const CHOICES = ["severity", "side", "cause", "server", "upstream", "host"];

function Choice({ name, label, value, options, onPick }) {
  return (
    <label>
      <span>{label}</span>
      <select name={name} value={value} onChange={(event) => onPick(name, event.target.value)}>
        {options.map(([key, text]) => (
          <option value={key}>{text}</option>
        ))}
      </select>
    </label>
  );
}

const wordOf = (name, key) => (name === "side" ? t(SIDES[key] ?? key) : name === "severity" && hasWord(key) ? t(key) : seen(key));

// What can be picked, with how many there are; what is picked stays even when nothing has it any more.
function optionsOf(name, facets, picked) {
  const rows = [...((facets && facets[name]) ?? [])];
  if (picked && !rows.some(([key]) => key === picked)) rows.unshift([picked, 0]);
  return [["", t("any")], ...rows.map(([key, number]) => [key, `${wordOf(name, key)} (${count(number)})`])];
}

export function causeWords(row) {
  if (!row.cause) return null;
  return (
    <>
      <code>{seen(row.cause)}</code>
      {!row.diagnosed && <small> {t("candidate", { percent: percent(row.confidence) })}</small>}
      {row.diagnosed && !isSureOf(row.confidence) && <small> {t("perhapsShort", { percent: percent(row.confidence) })}</small>}
    </>
  );
}

export function Row({ row, now }) {
  const states = [];
  if (row.status === "resolved") states.push(t("resolved"));
  if (row.silenced) states.push(t("silenced"));
  if (row.flapping) states.push(t("flapping"));
  if (row.verified) states.push(t("verified"));
  if (row.proved && row.status !== "resolved") states.push(t("fixProved"));
  return (
    <li class={"row " + row.severity + (row.status === "resolved" ? " over" : "")}>
      <Link to={"/incidents/" + row.id} class="go">
        <Severity of={row.severity} />
        <span class="what">{seen(row.title)}</span>
      </Link>
      <span class="cause">{causeWords(row)}</span>
      <span class="when" title={moment(row.opened_at)}>
        {lasting(row, now)}
      </span>
      <span class="rate">
        <Spark values={row.spark} label={t("last24")} />
        <span>
          {row.status !== "resolved" && (row.rate_per_minute > 0 ? <b title={t("lastFive")}>{t("perMinute", { n: rate(row.rate_per_minute) })}</b> : <span>{t("quietNow")}</span>)}
          <small>{counted(row.count, "oneFailure", "failures")}</small>
        </span>
      </span>
      <span class="more">
        {row.hosts > 0 && (
          <small>{counted(row.hosts, "oneHost", "hosts")}</small>
        )}
        {states.map((state) => (
          <small class="state">{state}</small>
        ))}
      </span>
    </li>
  );
}

function moveBy(list, step) {
  const links = [...list.querySelectorAll("a.go")];
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
  if (next) next.focus();
}

export function List({ query, version }) {
  const given = new URLSearchParams(query);
  const get = (name, otherwise = "") => given.get(name) ?? otherwise;
  const offset = Number(get("offset", "0")) || 0;
  const [typed, setTyped] = useState(get("q"));
  const search = useRef(null);
  const rows = useRef(null);

  const change = (name, value) => {
    const next = new URLSearchParams(location.search);
    if (value) next.set(name, value);
    else next.delete(name);
    if (name !== "offset") next.delete("offset");
    const text = next.toString();
    go("/" + (text ? "?" + text : ""), name === "q");
  };
  const sort = get("sort", "severity");
  const isReversed = get("order") === "reverse";
  // Once more on the same column turns it round.
  const sortBy = (key) => {
    const next = new URLSearchParams(location.search);
    next.set("sort", key);
    if (sort === key && !isReversed) next.set("order", "reverse");
    else next.delete("order");
    next.delete("offset");
    go("/?" + next);
  };
  useEffect(() => {
    if (typed === get("q")) return;
    const wait = setTimeout(() => change("q", typed), 200);
    return () => clearTimeout(wait);
  }, [typed]);
  useEffect(() => {
    const press = (event) => {
      const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "Escape" && isTyping) event.target.blur();
      if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === "/") {
        event.preventDefault();
        search.current.focus();
      }
      if (event.key === "j" || event.key === "k") moveBy(rows.current, event.key === "j" ? 1 : -1);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);

  const asked = new URLSearchParams(query);
  asked.delete("lang");
  asked.set("limit", PAGE);
  const { data, error, retry } = useAnswer("/api/incidents?" + asked, version);
  const isFiltered = ["q", "status", ...CHOICES].some((name) => get(name));
  const [isNarrow] = useState(() => matchMedia("(max-width: 52rem)").matches);
  const isGrouped = get("group") === "cause";
  const now = data ? Date.parse(data.now) : Date.now();
  const groups = data && isGrouped ? grouped(data.incidents) : null;

  return (
    <>
      <h1>{t("incidents")}</h1>
      <form role="search" aria-label={t("filters")} onSubmit={(event) => event.preventDefault()}>
        <label class="search">
          <span>{t("search")}</span>
          <input ref={search} type="search" name="q" value={typed} placeholder={t("searchHint")} onInput={(event) => setTyped(event.target.value)} />
        </label>
        <details class="picks" open={!isNarrow || isFiltered}>
          <summary>{t("filters")}</summary>
          <div class="filters">
            <Choice name="status" label={t("state")} value={get("status")} onPick={change}
              options={[["", t("open")], ["silenced", t("silenced")], ["resolved", t("resolved")], ["all", t("all")]]} />
            {CHOICES.map((name) => (
              <Choice name={name} label={t(name)} value={get(name)} onPick={change} options={optionsOf(name, data?.facets, get(name))} />
            ))}
            <Choice name="sort" label={t("sort")} value={sort} onPick={change} options={SORTS.map((key) => [key, t(SORT_WORDS[key])])} />
            <label class="check">
              <input type="checkbox" checked={isGrouped} onChange={(event) => change("group", event.target.checked ? "cause" : "")} />
              <span>{t("groupByCause")}</span>
            </label>
          </div>
        </details>
        {isFiltered && (
          <button type="button" onClick={() => { setTyped(""); go("/"); }}>
            {t("clear")}
          </button>
        )}
      </form>
      {error && <Problem error={error} retry={retry} />}
      {data && (
        <>
          <p class="soft" role="status">
            {data.total === 0 ? (isFiltered ? t("noMatch") : t("none"))
              : data.total <= PAGE ? t("oneShown", { total: count(data.total) })
              : t("shown", { from: count(offset + 1), to: count(offset + data.incidents.length), total: count(data.total) })}
          </p>
          {sort === "severity" && !isReversed && data.total > 1 && <p class="soft">{t("worstFirst")}</p>}
          <div class="columns" role="group" aria-label={t("sort")}>
            {COLUMNS.map(([key, word]) => (
              <button type="button" aria-pressed={sort === key} onClick={() => sortBy(key)}>
                {t(word)}
                <span aria-hidden="true">{sort === key ? (isReversed ? " ▲" : " ▼") : ""}</span>
              </button>
            ))}
          </div>
          <div ref={rows}>
            {groups
              ? groups.map(([cause, members]) => (
                  <section class="group">
                    <h2>
                      <code>{seen(cause || "?")}</code> <small>{count(causeCount(data, cause) ?? members.length)}</small>
                    </h2>
                    <ul class="rows">{members.map((row) => <Row key={row.id} row={row} now={now} />)}</ul>
                  </section>
                ))
              : <ul class="rows">{data.incidents.map((row) => <Row key={row.id} row={row} now={now} />)}</ul>}
          </div>
          {data.total > PAGE && (
            <nav class="pages" aria-label={t("shown", { from: offset + 1, to: offset + data.incidents.length, total: data.total })}>
              <button type="button" disabled={offset === 0} onClick={() => change("offset", String(Math.max(0, offset - PAGE)).replace(/^0$/, ""))}>
                {t("previous")}
              </button>
              <button type="button" disabled={offset + PAGE >= data.total} onClick={() => change("offset", String(offset + PAGE))}>
                {t("next")}
              </button>
            </nav>
          )}
          <p class="soft keys">{t("keys")}</p>
        </>
      )}
    </>
  );
}

const causeCount = (data, cause) => (data.facets?.cause ?? []).find(([key]) => key === cause)?.[1];

// The server sorted them by cause first.
function grouped(rows) {
  const groups = [];
  for (const row of rows) {
    const last = groups[groups.length - 1];
    if (last && last[0] === row.cause) last[1].push(row);
    else groups.push([row.cause, [row]]);
  }
  return groups;
}
