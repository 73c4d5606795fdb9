import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "./api.js";
import { Chart, Code, Copy, go, Link, Problem, Prose, Severity } from "./parts.jsx";
import { counted, hasWord, isSureOf, lasting, moment, percent, rate, seen, t } from "./words.js";

const Fact = ({ label, children }) =>
  children ? (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  ) : null;

const proofWords = (proof) => t(proof?.status === "proved" || proof?.status === "refuted" ? proof.status : "untested");

// Leaf, intermediates, root from left to right: what was sent, what is trusted, where it breaks.
function Chain({ links }) {
  return (
    <section>
      <h2>{t("chain")}</h2>
      <ol class="chain">
        {links.map((link) => {
          const [subject, ...facts] = seen(link.text).split(/; |；/);
          const isBroken = link.kind === "chain_fault" || link.kind === "chain_missing";
          return (
            <li class={link.kind}>
              <strong class="subject">{subject}</strong>
              {facts.map((fact, at) => (
                <small class={isBroken && at === facts.length - 1 ? "fault" : ""}>
                  {isBroken && at === facts.length - 1 && t("chainBreaks") + ": "}
                  {fact}
                </small>
              ))}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Fix({ fix }) {
  const isProved = fix.proof?.status === "proved";
  return (
    <article class={"fix" + (isProved ? " proved" : "")}>
      <h3>{seen(fix.title)}</h3>
      <p class="soft">
        {fix.unsafe && <b class="bad">{t("unsafe")} · </b>}
        <b class={isProved ? "good" : ""}>{proofWords(fix.proof)}</b>
      </p>
      {fix.how && fix.how !== fix.title && <Prose class="prose" text={fix.how} copies={!fix.patch && !(fix.commands?.length > 0)} />}
      {fix.patch && <Code text={fix.patch} label={t("patch") + " (patch -p1 -d /)"} isDiff />}
      {fix.commands?.length > 0 && <Code text={fix.commands.join("\n")} label={t("commands")} />}
      {fix.message && <Code text={fix.message} label={t("words")} />}
      {fix.proof?.detail && <Prose class="soft prose" text={fix.proof.detail} />}
    </article>
  );
}

function Diagram({ data, theme }) {
  const [long, setLong] = useState(false);
  const now = Math.floor(Date.parse(data.now) / 1000);
  const points = (long ? data.hours : data.minutes) ?? [];
  return (
    <section>
      <div class="bar" role="group" aria-label={t("range")}>
        <button type="button" aria-pressed={!long} onClick={() => setLong(false)}>
          {t("lastDay")}
        </button>
        <button type="button" aria-pressed={long} onClick={() => setLong(true)}>
          {t("last90")}
        </button>
      </div>
      <Chart points={points} from={now - (long ? 90 * 86400 : 86400)} to={now} step={long ? 3600 : 60} theme={theme} />
    </section>
  );
}

function history_of(data) {
  const about = data.incident;
  const rows = [[about.opened_at, t("opened")]];
  if (data.reopened_at) rows.push([data.reopened_at, t("reopened")]);
  for (const note of data.notes ?? []) rows.push([note.at, t("note", { author: seen(note.author) }) + ": " + seen(note.text)]);
  if (about.resolved_at) rows.push([about.resolved_at, t("resolved")]);
  for (const delivery of data.deliveries ?? []) {
    const kind = delivery.event_type.split(".").pop();
    const state = hasWord(delivery.status) ? t(delivery.status) : delivery.status;
    rows.push([delivery.created_at, `${seen(delivery.receiver)}: ${hasWord(kind) ? t(kind) : kind} (${state}${delivery.last_error ? ": " + seen(delivery.last_error) : ""})`]);
  }
  // Receivers for people hear of several incidents in one message, which may stand under the id of another one.
  const heard = new Set((data.deliveries ?? []).map((delivery) => delivery.receiver));
  for (const told of data.told ?? []) if (!heard.has(told.receiver)) rows.push([told.at, `${seen(told.receiver)}: ${t("toldInGroup")}`]);
  return rows.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

const isLink = (url) => /^https?:\/\/[\w\-.:/?#=%]+$/.test(url ?? "");

export function Incident({ id, version, theme }) {
  const { data, error, retry } = useAnswer("/api/incidents/" + encodeURIComponent(id), version);
  useEffect(() => {
    const press = (event) => event.key === "Escape" && go("/");
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  if (error && !data) return <Problem error={error} retry={retry} />;
  if (!data) return <p class="soft">…</p>;
  const about = data.incident;
  const place = data.place ?? {};
  const diagnosis = data.diagnosis ?? {};
  const hasLines = !data.rule?.id?.startsWith("handshaked/"); // what the daemon foresees stands in no log
  const isLineOnly = diagnosis.basis === "line";
  const isSure = !isLineOnly && isSureOf(diagnosis.confidence);
  const now = Date.parse(data.now);
  const fixes = data.fixes ?? [];
  const isOfChain = (one) => one.kind.startsWith("chain");
  const links = (diagnosis.evidence ?? []).filter(isOfChain);
  const evidence = (diagnosis.evidence ?? []).filter((one) => !isOfChain(one));
  const dead = (data.dead_ends ?? []).filter((one) => one.proof?.status !== "refuted");
  return (
    <>
      <p>
        <Link to="/">‹ {t("back")}</Link>
      </p>
      <header class={"head " + about.severity}>
        <p>
          <Severity of={about.severity} /> {t(about.status)}
          {about.silenced_by?.length > 0 && ", " + t("silenced")}
          {about.flapping && ", " + t("flapping")}
          {about.fix_verified_at && ", " + t("verified")}
        </p>
        <h1>{seen(about.title)}</h1>
        <p class="soft">
          {about.will_break ? t("willBreak", { time: moment(about.will_break.at) }) : counted(about.count, "oneFailure", "failures")}, {lasting(about, now)}
          {about.status === "open" && about.rate_per_minute > 0 && <> · <span title={t("lastFive")}>{t("perMinute", { n: rate(about.rate_per_minute) })}</span></>}
          {about.clients?.distinct > 0 && <> · {counted(about.clients.distinct, "oneClient", "clients")}</>}
          {about.hosts?.length > 0 && <> · {about.hosts.length === 1 ? seen(about.hosts[0]) : counted(about.hosts.length, "oneHost", "hosts")}</>}
        </p>
      </header>
      {error && <Problem error={error} retry={retry} />}
      <section>
        <h2>{t("what")}</h2>
        {!isLineOnly && !isSure && diagnosis.cause && <p><b>{t("perhaps", { percent: percent(diagnosis.confidence) })}</b></p>}
        {isLineOnly ? null : <Prose class="prose" text={diagnosis.summary} />}
        {isLineOnly && (
          <>
            <h3>{t("candidates")}</h3>
            <ul class="plain">
              {(diagnosis.candidates ?? []).map((one) => (
                <li>
                  <b>{percent(one.likelihood)}</b> <code>{seen(one.cause)}</code>
                  {one.tell_apart && <Prose class="soft prose" text={t("tellApart") + " " + one.tell_apart} />}
                </li>
              ))}
            </ul>
          </>
        )}
        {links.length > 0 && <Chain links={links} />}
      </section>
      <section>
        <h2>{t("fix")}</h2>
        {hasLines && (isLineOnly || fixes.some((fix) => fix.patch)) && <Code text={data.command} label={t("onHost")} />}
        {fixes.slice(0, 1).map((fix) => <Fix fix={fix} />)}
        {fixes.length > 1 && (
          <details>
            <summary>{t("otherFixes", { count: fixes.length - 1 })}</summary>
            {fixes.slice(1).map((fix) => <Fix fix={fix} />)}
          </details>
        )}
        {dead.length > 0 && (
          <details>
            <summary>{t("deadEnds", { count: dead.length })}</summary>
            <ul class="plain">
              {dead.map((one) => (
                <li>
                  <b>{seen(one.action)}</b> {one.unsafe && <b class="bad">({t("unsafe")})</b>}
                  <Prose class="prose" text={one.why_fails} />
                </li>
              ))}
            </ul>
          </details>
        )}
      </section>
      <Diagram data={data} theme={theme} />
      <section>
        <h2>{t("where")}</h2>
        <dl>
          <Fact label={t("incidentId")}><code>{about.id}</code> <Copy text={about.id} /></Fact>
          <Fact label={t(isSure ? "cause" : "possibleCause")}>{diagnosis.cause && <><code>{seen(diagnosis.cause)}</code> <small>{isLineOnly ? t("candidate", { percent: percent(diagnosis.confidence) }) : t("sure", { percent: percent(diagnosis.confidence) })}</small></>}</Fact>
          <Fact label={t("upstream")}>{place.peer && <code>{seen(place.peer)}</code>}</Fact>
          <Fact label={t("name")}>{place.name && <code>{seen(place.name)}</code>}</Fact>
          <Fact label={t("directive")}>{(place.directive || place.file) && <code>{seen([place.directive, place.file && place.file + (place.line ? ":" + place.line : "")].filter(Boolean).join("  "))}</code>}</Fact>
          <Fact label={t("servers")}>{about.servers?.length > 0 && about.servers.map(seen).join(", ")}</Fact>
          <Fact label={t("host")}>{about.hosts?.length > 0 && about.hosts.map(seen).join(", ")}</Fact>
          <Fact label={t("firstSeen")}>{moment(about.opened_at)}</Fact>
          <Fact label={t("lastSeen")}>{moment(about.last_seen_at)}</Fact>
          <Fact label={t("endedAt")}>{about.resolved_at && moment(about.resolved_at)}</Fact>
          <Fact label={t("joined")}>{about.parent_id && <Link to={"/incidents/" + about.parent_id}>{about.parent_id}</Link>}</Fact>
          <Fact label={t("rule")}><code>{seen(data.rule?.id)}</code>{isLink(data.rule?.url) && <> <a href={data.rule.url} rel="noreferrer noopener">{t("about")}</a></>}</Fact>
        </dl>
      </section>
      {evidence.length > 0 && (
        <details>
          <summary>{t("evidence")}</summary>
          <ul class="plain">{evidence.map((one) => <li class="prose">{seen(one.text)}</li>)}</ul>
        </details>
      )}
      {about.sample_lines?.length > 0 && (
        <details open>
          <summary>{t("line")}</summary>
          {about.sample_lines.map((line) => <Code text={line} label={t("line")} />)}
        </details>
      )}
      <section>
        <h2>{t("history")}</h2>
        <ol class="history">
          {history_of(data).map(([at, text]) => (
            <li>
              <time dateTime={at}>{moment(at)}</time> {text}
            </li>
          ))}
        </ol>
        {!(data.deliveries?.length > 0) && !(data.told?.length > 0) && <p class="soft">{t("nobody")}</p>}
      </section>
    </>
  );
}
