// The script of the rules' site (find.html) without a browser: node site_search.js SCRIPT <LINES, a JSON list of lines; answers a list of what each finds.
const fs = require("fs");
const vm = require("vm");

const element = () => ({
  value: "", children: [], listeners: {},
  addEventListener(name, listener) { this.listeners[name] = listener; },
  append(...more) { this.children.push(...more); },
  replaceChildren(...more) { this.children = more; },
});
const elements = { find: element(), found: element(), line: element(), told: element() };
const document = { getElementById: (id) => elements[id], createElement: element };
vm.runInNewContext(fs.readFileSync(process.argv[2], "utf8"), { document });

const names = (list) => list.children.map((li) => li.children[0]?.href ?? li.textContent);
const answers = JSON.parse(fs.readFileSync(0, "utf8")).map(({ field, text }) => {
  elements[field].value = text;
  elements[field].listeners.input();
  return names(field === "find" ? elements.found : elements.told);
});
process.stdout.write(JSON.stringify(answers));
