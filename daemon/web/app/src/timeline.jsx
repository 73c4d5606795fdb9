import { useState } from "preact/hooks";
import { useAnswer } from "./api.js";
import { Chart, Link, Problem } from "./parts.jsx";
import { moment, seen, t } from "./words.js";

const SPANS = [24, 24 * 7, 24 * 90];
const spanWords = (hours) => (hours <= 24 ? t("hours", { n: hours }) : t("days", { n: hours / 24 }));

const DAY = 86400;
// Where a date lies on the line of the next 90 days; beyond its end above 100.
const ahead = (at, now) => (Math.max(0, Date.parse(at) / 1000 - now) / (90 * DAY)) * 100;
const urgency = (at, now) => {
  const days = (Date.parse(at) / 1000 - now) / DAY;
  return days < 1 ? "critical" : days < 7 ? "warning" : "info";
};

export function Timeline({ version, theme }) {
  const [hours, setHours] = useState(24);
  const { data, error, retry } = useAnswer("/api/timeline?hours=" + hours, version);
  const to = data ? Math.floor(Date.parse(data.now) / 1000) : 0;
  const from = to - hours * 3600;
  const at = (time) => Math.min(100, Math.max(0, ((Date.parse(time) / 1000 - from) / (to - from)) * 100));
  return (
    <>
      <h1>{t("timeline")}</h1>
      <div class="bar" role="group" aria-label={t("range")}>
        {SPANS.map((one) => (
          <button type="button" aria-pressed={one === hours} onClick={() => setHours(one)}>
            {spanWords(one)}
          </button>
        ))}
      </div>
      {error && <Problem error={error} retry={retry} />}
      {data && (
        <>
          <h2>{t("byHour")}</h2>
          <Chart points={data.failures} from={from} to={to} step={hours <= 24 ? 1800 : 3600} marks={(data.reloads ?? []).map((one) => Date.parse(one) / 1000)} theme={theme} />
          {data.reloads?.length > 0 && (
            <p class="soft">
              <span class="mark" aria-hidden="true" /> {t("reloads")}: {data.reloads.slice(-5).map(moment).join(", ")}
            </p>
          )}
          {data.ends?.length > 0 && (
            <>
              <h2>{t("ends")}</h2>
              <ul class="lanes">
                {data.ends.map((one) => (
                  <li class={urgency(one.at, to)}>
                    <span>{seen(one.what)}</span>
                    <small>{moment(one.at)}</small>
                    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                      <rect class="lane" x="0" y="2.5" width="100" height="1" />
                      {ahead(one.at, to) <= 100 && <rect x={Math.min(99, ahead(one.at, to))} y="0" width="1" height="6" />}
                    </svg>
                  </li>
                ))}
              </ul>
              <p class="soft">{t("endsScale")}</p>
            </>
          )}
          <h2>{t("lifetimes")}</h2>
          <ul class="lanes">
            {data.incidents.map((row) => (
              <li class={row.severity}>
                <Link to={"/incidents/" + row.id}>{seen(row.title)}</Link>
                <small>
                  {t("began")} {moment(row.opened_at)}, {row.resolved_at ? t("over") + " " + moment(row.resolved_at) : t("still")}
                </small>
                <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="lane" x="0" y="2.5" width="100" height="1" />
                  <rect x={at(row.opened_at)} y="1" width={Math.max(0.6, (row.resolved_at ? at(row.resolved_at) : 100) - at(row.opened_at))} height="4" />
                </svg>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
