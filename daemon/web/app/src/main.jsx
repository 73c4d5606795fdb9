import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useLive } from "./api.js";
import { Fleet } from "./fleet.jsx";
import { Incident } from "./incident.jsx";
import { List } from "./list.jsx";
import { Link } from "./parts.jsx";
import { Status } from "./status.jsx";
import { Timeline } from "./timeline.jsx";
import { language, pickLanguage, remember, remembered, t } from "./words.js";
import "uplot/dist/uPlot.min.css";
import "./style.css";

function useAddress() {
  const [address, setAddress] = useState(location.pathname + location.search);
  useEffect(() => {
    const look = () => setAddress(location.pathname + location.search);
    addEventListener("popstate", look);
    addEventListener("went", look);
    return () => {
      removeEventListener("popstate", look);
      removeEventListener("went", look);
    };
  }, []);
  return address;
}

const prefersDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

function Page() {
  const address = useAddress();
  const live = useLive();
  const [theme, setTheme] = useState(remembered("theme") ?? (prefersDark() ? "dark" : "light"));
  const [, setSpoken] = useState(language.now);
  document.documentElement.dataset.theme = theme;
  document.title = t("title");
  const [path, query = ""] = address.split("?");
  const id = path.startsWith("/incidents/") ? decodeURIComponent(path.slice(11)) : null;
  useEffect(() => {
    scrollTo(0, 0);
  }, [path]);
  const flip = () => {
    const next = theme === "dark" ? "light" : "dark";
    remember("theme", next);
    setTheme(next);
  };
  const speak = () => {
    language.now = language.now === "zh" ? "en" : "zh";
    remember("lang", language.now);
    document.documentElement.lang = language.now === "zh" ? "zh-CN" : "en";
    setSpoken(language.now);
  };
  const tab = (to, word) => (
    <Link to={to} aria-current={path === to ? "page" : undefined}>
      {t(word)}
    </Link>
  );
  return (
    <>
      <a class="skip" href="#content">{t("skip")}</a>
      <header class="top">
        <strong>handshaked</strong>
        <nav aria-label={t("main")}>
          {tab("/", "incidents")}
          {tab("/timeline", "timeline")}
          {tab("/fleet", "fleet")}
          {tab("/status", "status")}
        </nav>
        <span class={"live" + (live.isLive ? " on" : "")} role="status">{live.isLive ? t("live") : t("reconnecting")}</span>
        <button type="button" onClick={flip}>{t(theme === "dark" ? "light" : "dark")}</button>
        <button type="button" onClick={speak} lang={language.now === "zh" ? "en" : "zh-CN"}>{t("language")}</button>
      </header>
      <main id="content" tabIndex={-1}>
        {id ? <Incident key={id} id={id} version={live.version} theme={theme} />
          : path === "/timeline" ? <Timeline version={live.version} theme={theme} />
          : path === "/fleet" ? <Fleet version={live.version} />
          : path === "/status" ? <Status version={live.version} />
          : <List query={query} version={live.version} />}
      </main>
    </>
  );
}

pickLanguage();
render(<Page />, document.getElementById("page"));
