import { useAnswer } from "./api.js";
import { Link, Problem, Severity } from "./parts.jsx";
import { ago, count, seen, span, t } from "./words.js";

function Table({ label, heads, children }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col">{t(head)}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

const colour = { healthy: "good", owned: "good", working: "good", behind: "bad", silent: "bad", stale: "bad", free: "bad" };
const edgeWords = { healthy: "healthy", behind: "lagging", silent: "silent" };
const workerWords = { working: "working", waiting: "isWaiting", silent: "silent" };

function Edges({ data, now }) {
  if (data.total === 0) return <p class="soft">{t("noEdges")}</p>;
  return (
    <>
      <p>{t("edgeCounts", { healthy: count(data.healthy), behind: count(data.behind), silent: count(data.silent) })}</p>
      <h2>{t("versions")}</h2>
      <ul class="plain">
        {data.versions.map((one) => (
          <li>{t("onVersion", { version: seen(one.version), n: count(one.edges) })}</li>
        ))}
      </ul>
      <h2>{t("edges")}</h2>
      {data.total > data.edges.length && <p class="soft">{t("edgesShown", { n: count(data.edges.length), total: count(data.total) })}</p>}
      <Table label={t("edges")} heads={["edge", "state", "heard", "versionName", "openFaults", "waiting", "isBehind"]}>
        {data.edges.map((one) => (
          <tr>
            <th scope="row">{seen(one.host)}</th>
            <td class={colour[one.state]}>{t(edgeWords[one.state])}</td>
            <td>{ago(one.heard_at, now)}</td>
            <td>{seen(one.version)}</td>
            <td>{one.open_faults > 0 ? <Link to={"/?host=" + encodeURIComponent(one.host)}>{count(one.open_faults)}</Link> : count(0)}</td>
            <td>{count(one.waiting)}</td>
            <td>{span(one.lag_seconds)}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Group({ group, now }) {
  return (
    <>
      <h2>{t("group", { name: seen(group.name) })}</h2>
      <Table label={t("group", { name: seen(group.name) })} heads={["partition", "state", "owner", "since", "waiting"]}>
        {group.partitions.map((one) => (
          <tr>
            <th scope="row">{one.number}</th>
            <td class={colour[one.state]}>{t(one.state)}</td>
            <td>{seen(one.owner)}</td>
            <td>{one.since ? ago(one.since, now) : ""}</td>
            <td>{one.waiting == null ? "" : count(one.waiting)}</td>
          </tr>
        ))}
      </Table>
      <Table label={t("worker")} heads={["worker", "state", "partition", "versionName", "heard"]}>
        {group.workers.map((one) => (
          <tr>
            <th scope="row">{seen(one.name)}</th>
            <td class={colour[one.state]}>{t(workerWords[one.state])}</td>
            <td>{one.partition ?? ""}</td>
            <td>{seen(one.version)}</td>
            <td>{ago(one.heard_at, now)}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

export function Fleet({ version }) {
  const { data, error, retry } = useAnswer("/api/fleet", version);
  if (error && !data) return <Problem error={error} retry={retry} />;
  if (!data) return <p class="soft">…</p>;
  const now = Date.parse(data.now);
  return (
    <>
      <h1>{t("fleet")}</h1>
      <Edges data={data} now={now} />
      {data.group && <Group group={data.group} now={now} />}
      <h2>{t("spread")}</h2>
      {data.incidents.length === 0 ? (
        <p class="soft">{t("none")}</p>
      ) : (
        <Table label={t("spread")} heads={["hostsHit", "severity", "incident", "since"]}>
          {data.incidents.map((one) => (
            <tr>
              <td>{count(one.hosts)}</td>
              <td>
                <Severity of={one.severity} />
              </td>
              <th scope="row">
                <Link to={"/incidents/" + one.id}>{seen(one.title)}</Link>
              </th>
              <td>{ago(one.opened_at, now)}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
