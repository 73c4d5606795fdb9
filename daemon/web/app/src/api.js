import { useEffect, useState } from "preact/hooks";
import { language, t } from "./words.js";

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, signal) {
  const answer = await fetch(path + (path.includes("?") ? "&" : "?") + "lang=" + language.now, { signal, headers: { Accept: "application/json" } });
  if (answer.ok) return answer.json();
  const { error } = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, error ?? (answer.status === 403 ? t("forbidden") : answer.statusText));
}

// What the daemon says at `path`; asked anew when `version` moves on. The last answer stays while the next is on its way.
export function useAnswer(path, version) {
  const [state, setState] = useState({ data: null, error: null, path });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    ask(path, control.signal).then(
      (data) => setState({ data, error: null, path }),
      (error) => error.name !== "AbortError" && setState((old) => ({ data: old.path === path ? old.data : null, error, path })),
    );
    return () => control.abort();
  }, [path, version, round, language.now]);
  return { ...state, retry: () => setRound(round + 1) };
}

// Counts up when the daemon says that something changed (server-sent events); the browser reconnects by itself.
export function useLive() {
  const [state, setState] = useState({ version: 0, isLive: false });
  useEffect(() => {
    const source = new EventSource("/api/events");
    source.addEventListener("change", () => setState((old) => ({ version: old.version + 1, isLive: true })));
    source.onopen = () => setState((old) => ({ ...old, isLive: true }));
    source.onerror = () => setState((old) => ({ ...old, isLive: false }));
    return () => source.close();
  }, []);
  return state;
}
