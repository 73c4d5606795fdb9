// Every text of the page, English and Chinese beside each other.
const WORDS = {
  title: ["TLS incidents", "TLS 事件"],
  incidents: ["Incidents", "事件"],
  timeline: ["Timeline", "时间线"],
  fleet: ["Fleet", "主机群"],
  status: ["Sources and receivers", "来源与接收方"],
  skip: ["Skip to content", "跳到内容"],
  search: ["Search", "搜索"],
  searchHint: ["name, address, cause, id", "名称、地址、原因、编号"],
  severity: ["Severity", "级别"],
  side: ["Side", "位置"],
  state: ["State", "状态"],
  cause: ["Cause", "原因"],
  server: ["Server", "服务器"],
  upstream: ["Upstream", "上游"],
  host: ["Host", "主机"],
  any: ["any", "全部"],
  sort: ["Sort by", "排序"],
  bySeverity: ["worst now", "当前最严重"],
  byRate: ["lines/min now", "当前行/分钟"],
  bySince: ["newest", "最新出现"],
  byLast: ["last failure", "最近失败"],
  byCount: ["failures in all", "失败总数"],
  byHosts: ["hosts", "主机数"],
  byTitle: ["name", "名称"],
  worstFirst: ["Worst now first: by severity, then lines/min in the last 5 minutes, then failures in all.", "当前最严重的在前：先按级别，再按最近 5 分钟的行/分钟，再按失败总数。"],
  columnIncident: ["Severity", "级别"],
  columnSince: ["Since", "起始"],
  columnRate: ["Lines/min now", "当前行/分钟"],
  columnCount: ["Failures", "失败数"],
  columnHosts: ["Hosts", "主机数"],
  groupByCause: ["Group by cause", "按原因分组"],
  clear: ["Clear filters", "清除筛选"],
  filters: ["Filters", "筛选"],
  critical: ["critical", "严重"],
  warning: ["warning", "警告"],
  info: ["info", "提示"],
  open: ["open", "未恢复"],
  resolved: ["resolved", "已恢复"],
  silenced: ["silenced", "已静默"],
  all: ["all", "全部"],
  sideUpstream: ["nginx to upstream", "nginx 到上游"],
  sideClient: ["client to nginx", "客户端到 nginx"],
  sideConfig: ["configuration", "配置"],
  sideOcsp: ["OCSP", "OCSP"],
  none: ["Nothing is open.", "没有未恢复的事件。"],
  noMatch: ["Nothing matches these filters.", "没有符合筛选条件的事件。"],
  shown: ["{from}–{to} of {total}", "第 {from}–{to} 条，共 {total} 条"],
  oneShown: ["{total} incidents", "{total} 个事件"],
  previous: ["Previous", "上一页"],
  next: ["Next", "下一页"],
  lasting: ["for {time}", "已持续 {time}"],
  lasted: ["over for {time}", "已恢复 {time}"],
  failures: ["{n} failures", "{n} 次失败"],
  oneFailure: ["1 failure", "1 次失败"],
  perMinute: ["{n} lines/min", "{n} 行/分钟"],
  quietNow: ["none in 5 min", "5 分钟内无新行"],
  lastFive: ["lines a minute in the last five minutes", "最近五分钟内的每分钟行数"],
  hosts: ["{n} hosts", "{n} 台主机"],
  oneHost: ["1 host", "1 台主机"],
  clients: ["{n} clients", "{n} 个客户端"],
  oneClient: ["1 client", "1 个客户端"],
  last24: ["failures in the last 24 hours", "最近 24 小时的失败数"],
  candidate: ["likely {percent}, from the line alone", "仅凭日志行推测，可能性 {percent}"],
  sure: ["{percent} sure", "把握 {percent}"],
  perhaps: ["Perhaps ({percent} sure):", "可能（把握 {percent}）："],
  perhapsShort: ["perhaps, {percent} sure", "可能，把握 {percent}"],
  possibleCause: ["Possible cause", "可能的原因"],
  flapping: ["comes and goes", "时有时无"],
  verified: ["passes again", "已重新通过"],
  fixProved: ["fix proved", "修复已验证"],
  back: ["All incidents", "全部事件"],
  gone: ["There is no such incident (any more).", "没有这个事件（或已不存在）。"],
  failed: ["The daemon did not answer: {why}", "守护进程没有回应：{why}"],
  forbidden: ["You are not allowed to see this. The documentation of [web] says how to get in.", "没有查看权限。如何进入见 [web] 的文档。"],
  retry: ["Try again", "重试"],
  what: ["What is wrong", "故障是什么"],
  where: ["Where", "在哪里"],
  firstSeen: ["First failure", "首次失败"],
  lastSeen: ["Last failure", "最近失败"],
  endedAt: ["Over since", "恢复于"],
  servers: ["Servers", "服务器"],
  name: ["Verified name", "校验名称"],
  directive: ["Directive", "指令"],
  rule: ["Rule", "规则"],
  incidentId: ["Incident", "事件编号"],
  candidates: ["Candidates from the log line alone", "仅凭日志行的候选原因"],
  tellApart: ["How to tell:", "如何区分："],
  evidence: ["How we know", "依据"],
  chain: ["The certificate chain", "证书链"],
  chainBreaks: ["it breaks here", "在此中断"],
  fix: ["What to do", "处理办法"],
  proved: ["proved: it was repeated with this change, and passed", "已验证：应用此更改后重新校验并通过"],
  untested: ["not tested", "未验证"],
  refuted: ["tried: it does not help", "已试：无效"],
  otherFixes: ["Other ways ({count})", "其他办法（{count}）"],
  patch: ["Patch", "补丁"],
  commands: ["Commands", "命令"],
  words: ["Words to send", "可发送的说明"],
  copy: ["Copy", "复制"],
  copied: ["Copied", "已复制"],
  onHost: ["On the host that runs nginx:", "在运行 nginx 的主机上："],
  unsafe: ["unsafe: it weakens a protection", "不安全：会削弱保护"],
  deadEnds: ["What not to try ({count})", "不要尝试（{count}）"],
  line: ["Log line", "日志行"],
  sent: ["Who was told", "通知情况"],
  toldInGroup: ["told together with others", "与其他事件一并通知"],
  nobody: ["Nobody was told yet.", "尚未通知任何人。"],
  history: ["History", "经过"],
  opened: ["opened", "出现"],
  reopened: ["came back", "再次出现"],
  diagnosed: ["cause found", "原因查明"],
  updated: ["update", "更新"],
  joined: ["Belongs to", "归属于"],
  note: ["note of {author}", "{author} 的备注"],
  delivered: ["delivered", "已送达"],
  waiting: ["waiting", "等待"],
  behind: ["waiting for an earlier one", "等待前一条"],
  dead: ["given up", "已放弃"],
  discarded: ["discarded", "已丢弃"],
  about: ["About this error", "关于此错误"],
  lastDay: ["24 hours, a minute each", "24 小时，每分钟"],
  last90: ["90 days, an hour each", "90 天，每小时"],
  range: ["Time span", "时间范围"],
  chart: ["Failures over time: {total} in this span, at most {most}", "失败数随时间变化：此范围共 {total} 次，最多 {most} 次"],
  source: ["Source", "来源"],
  receiver: ["Receiver", "接收方"],
  unread: ["Unread", "未读"],
  lastLine: ["Last line", "最近一行"],
  lastFailure: ["Last failure", "最近失败"],
  lastSent: ["Last delivery", "最近送达"],
  stateOpen: ["read", "读取中"],
  stateStarting: ["starting", "启动中"],
  stateWaiting: ["not there yet", "尚不存在"],
  stateUnreadable: ["cannot be read", "无法读取"],
  edges: ["Edges", "边缘主机"],
  edge: ["Edge", "边缘主机"],
  noEdges: ["No other handshaked reports to this one.", "没有其他 handshaked 向此处报告。"],
  edgeCounts: ["{healthy} healthy, {behind} behind, {silent} silent", "{healthy} 正常，{behind} 落后，{silent} 静默"],
  edgesShown: ["The first {n} of {total}: those that need somebody come first.", "共 {total} 台，显示前 {n} 台：需要处理的排在最前。"],
  healthy: ["healthy", "正常"],
  lagging: ["behind", "落后"],
  silent: ["silent", "静默"],
  heard: ["Last heard", "最近消息"],
  versionName: ["Version", "版本"],
  versions: ["Versions", "版本"],
  onVersion: ["{version}: {n}", "{version}：{n}"],
  openFaults: ["Open incidents", "未恢复事件"],
  isBehind: ["Behind by", "落后"],
  spread: ["Incidents on the most hosts", "影响主机最多的事件"],
  hostsHit: ["Hosts", "主机数"],
  incident: ["Incident", "事件"],
  since: ["Since", "起始"],
  group: ["Group of workers {name}", "工作组 {name}"],
  partition: ["Partition", "分区"],
  owner: ["Owner", "所有者"],
  owned: ["owned", "已分配"],
  stale: ["its owner is not heard", "所有者失联"],
  free: ["without an owner", "无所有者"],
  worker: ["Worker", "工作进程"],
  working: ["works", "工作中"],
  isWaiting: ["waits for a partition", "等待分区"],
  up: ["up", "正常"],
  down: ["down", "故障"],
  disabled: ["disabled", "已停用"],
  notReady: ["handshaked cannot do its work:", "handshaked 无法正常工作："],
  ago: ["{time} ago", "{time}前"],
  never: ["never", "从未"],
  live: ["live", "实时"],
  reconnecting: ["reconnecting …", "重新连接……"],
  light: ["Light", "浅色"],
  dark: ["Dark", "深色"],
  began: ["began", "开始"],
  over: ["over", "结束"],
  still: ["still open", "未恢复"],
  reloads: ["nginx was reloaded", "nginx 重新加载"],
  days: ["{n} days", "{n} 天"],
  hours: ["{n} hours", "{n} 小时"],
  byHour: ["Failures by hour", "每小时失败数"],
  willBreak: ["fails from {time} on", "自 {time} 起失效"],
  ends: ["What ends next", "即将到期"],
  endsScale: ["The line is the next 90 days.", "横线为今后 90 天。"],
  lifetimes: ["When each began and ended", "各事件的起止时间"],
  keys: ["Keys: / search, j and k move, Enter opens, Esc goes back", "按键：/ 搜索，j 和 k 移动，Enter 打开，Esc 返回"],
  main: ["Main", "主导航"],
  language: ["中文", "English"],
  version: ["handshaked {version}, up for {time}, {rules} rules", "handshaked {version}，已运行 {time}，{rules} 条规则"],
};

export const language = { now: "en" };

export function pickLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const kept = remembered("lang");
  const wish = asked ?? kept ?? navigator.language ?? "en";
  language.now = wish.startsWith("zh") ? "zh" : "en";
  if (asked) remember("lang", language.now);
  document.documentElement.lang = language.now === "zh" ? "zh-CN" : "en";
}

export function remember(key, value) {
  try {
    localStorage.setItem("handshaked." + key, value);
  } catch {
    // without storage nothing is remembered
  }
}

export function remembered(key) {
  try {
    return localStorage.getItem("handshaked." + key);
  } catch {
    return null;
  }
}

export function t(key, values = {}) {
  const text = WORDS[key] ? WORDS[key][language.now === "zh" ? 1 : 0] : key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

export const hasWord = (key) => key in WORDS;

// Text of strangers: what cannot be seen, or turns the direction of writing, is shown as what it is.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
export const seen = (text) =>
  String(text ?? "").replace(UNSEEN, (one) => "\\u" + one.codePointAt(0).toString(16).padStart(4, "0"));

// Whole units of the largest that has gone by twice, as the terminal writes it (cli/document/words.h).
const UNITS = [
  [86400, "days", "天"],
  [3600, "h", "小时"],
  [60, "min", "分钟"],
  [1, "s", "秒"],
];
export function span(seconds) {
  const [size, en, zh] = UNITS.find(([size]) => seconds >= 2 * size) ?? UNITS[3];
  return `${Math.max(0, Math.floor(seconds / size))} ${language.now === "zh" ? zh : en}`;
}
export const lasting = (row, now) =>
  row.status === "resolved" && row.resolved_at
    ? t("lasted", { time: span((now - Date.parse(row.resolved_at)) / 1000) })
    : t("lasting", { time: span((now - Date.parse(row.opened_at)) / 1000) });
export const ago = (time, now) => (time ? t("ago", { time: span((now - Date.parse(time)) / 1000) }) : t("never"));
const two = (number) => String(number).padStart(2, "0");
// "UTC", "+05:30": which clock a time is of.
const zone = (date) => {
  const east = -date.getTimezoneOffset();
  return east === 0 ? "UTC" : `${east < 0 ? "-" : "+"}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
};

export function moment(time) {
  if (!time) return "";
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone(date)}`;
}
export const count = (number) => Number(number ?? 0).toLocaleString("en-US");
// As lists of the terminal and messages write it (base/text/number_text.h).
export const rate = (number) => (number < 0.05 ? "<0.1" : number < 9.95 ? number.toFixed(1) : count(Math.round(number)));
export const counted = (number, one, many) => (Number(number) === 1 ? t(one) : t(many, { n: count(number) }));
// From so much confidence on a cause is told like a fact, as everywhere (correlate/incident_title.h).
export const isSureOf = (confidence) => (confidence ?? 0) >= 0.8;
export const percent = (share) => Math.round(Math.min(1, Math.max(0, share ?? 0)) * 100) + " %";
export function size(bytes) {
  if (bytes == null) return "–";
  if (bytes < 1024) return bytes + " B";
  return bytes < 1048576 ? Math.round(bytes / 1024) + " KiB" : Math.round(bytes / 1048576) + " MiB";
}
