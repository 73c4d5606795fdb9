import { useAnswer } from "./api.js";
import { Problem } from "./parts.jsx";
import { ago, count, hasWord, seen, size, span, t } from "./words.js";

const STATES = { open: "stateOpen", starting: "stateStarting", waiting: "stateWaiting", unreadable: "stateUnreadable" };

export function Status({ version }) {
  const { data, error, retry } = useAnswer("/api/status", version);
  if (error && !data) return <Problem error={error} retry={retry} />;
  if (!data) return <p class="soft">…</p>;
  const now = Date.parse(data.now);
  return (
    <>
      <h1>{t("status")}</h1>
      {!data.ready && (
        <div class="problem" role="alert">
          <p>{t("notReady")}</p>
          <ul>{(data.not_ready_because ?? []).map((why) => <li>{seen(why)}</li>)}</ul>
        </div>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label={t("receiver")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("receiver")}</th>
              <th scope="col">{t("state")}</th>
              <th scope="col">{t("waiting")}</th>
              <th scope="col">{t("delivered")}</th>
              <th scope="col">{t("dead")}</th>
              <th scope="col">{t("lastSent")}</th>
              <th scope="col">{t("lastFailure")}</th>
            </tr>
          </thead>
          <tbody>
            {data.receivers.map((one) => {
              const state = one.disabled ? "disabled" : one.circuit === "closed" ? "up" : "down";
              return (
                <tr>
                  <th scope="row">{seen(one.name)}</th>
                  <td class={state === "up" ? "good" : "bad"}>{t(state)}</td>
                  <td>{count(one.waiting)}</td>
                  <td>{count(one.delivered)}</td>
                  <td>{count(one.dead)}</td>
                  <td>{ago(one.last_delivered_at, now)}</td>
                  <td>{seen(one.last_failure)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("source")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("source")}</th>
              <th scope="col">{t("state")}</th>
              <th scope="col">{t("unread")}</th>
              <th scope="col">{t("lastLine")}</th>
            </tr>
          </thead>
          <tbody>
            {data.sources.map((one) => (
              <tr>
                <th scope="row">
                  {seen(one.name)} <small>{seen(one.kind)}</small>
                </th>
                <td class={one.state === "unreadable" ? "bad" : one.state === "open" ? "good" : ""}>{hasWord(STATES[one.state]) ? t(STATES[one.state]) : one.state}</td>
                <td>{size(one.lag_bytes)}</td>
                <td>{ago(one.last_line_at, now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft">{t("version", { version: seen(data.version), time: span((now - Date.parse(data.started_at)) / 1000), rules: count(data.rules) })}</p>
    </>
  );
}
