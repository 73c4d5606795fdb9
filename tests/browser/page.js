// What a person does with the page of live incidents, in a real browser. Prints one JSON object of what was measured; ends with 1 and the
// reason when something is not as it should be. Argument: JSON with address, incident (its id), screenshots (a directory, or empty).
const { AxeBuilder } = require("@axe-core/playwright");
const { need, with_browser } = require("./browser.js");
const path = require("path");

const { address, incident, screenshots } = JSON.parse(process.argv[2]);
const PATIENCE = 60_000;

async function no_complaints(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  need(violations.length === 0, `axe at ${where}: ` + violations.map((one) => `${one.id}: ${one.nodes[0].html}`).join("; "));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  need(wide <= 0, `${where} is ${wide} pixels too wide`);
}

async function open(page, to) {
  await page.goto(address + to);
  await page.locator("h1").first().waitFor({ timeout: PATIENCE });
  // What a stranger wrote is text: nothing of it is an element, nothing ran.
  need(await page.evaluate(() => !window.hostile && !document.querySelector("main img, main script, main iframe")), "a stranger's markup at " + to);
}

async function look(browser, scheme, width, locale, troubles) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, locale });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(error.message));
  for (const [name, to] of [["list", "/"], ["group", "/?group=cause"], ["incident", "/incidents/" + incident], ["timeline", "/timeline"], ["fleet", "/fleet"], ["status", "/status"]]) {
    await open(page, to);
    await no_complaints(page, `${name}, ${scheme}, ${width}`);
    const text = await page.locator("body").innerText();
    need(!/undefined|NaN|\[object|\{\w+\}/.test(text), `a hole in the text of ${name}: ${text.match(/.{0,40}(undefined|NaN|\[object|\{\w+\}).{0,40}/)?.[0]}`);
    need(/[\u4e00-\u9fff]/.test(text.replace("中文", "")) === locale.startsWith("zh"), `${name} is in the wrong language`);
    if (screenshots) await page.screenshot({ path: path.join(screenshots, `${name}-${scheme}-${width}-${locale}.png`) });
  }
  return { context, page };
}

async function try_out(page) {
  await open(page, "/");
  // The worst now stands first, a severity is told by word and shape, and a column sorts both ways.
  await page.locator("main", { hasText: "Worst now first" }).waitFor();
  need((await page.locator(".row .severity").first().innerText()) === "▲ warning", "a severity is: " + (await page.locator(".row .severity").first().innerText()));
  const column = page.getByRole("button", { name: "Lines/min now" });
  await column.click();
  await page.waitForURL(/sort=rate/);
  await page.locator('.columns [aria-pressed="true"]', { hasText: "▼" }).waitFor();
  await column.click();
  await page.waitForURL(/order=reverse/);
  await open(page, "/");
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.longest = Math.max(window.longest, entry.duration)))).observe({ type: "longtask" });
  });
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  const total = await page.getByRole("status").last().innerText();
  // Scroll to the end and back, then on to the next page.
  for (let at = 0; at < 20; ++at) await page.mouse.wheel(0, at < 10 ? 600 : -600);
  await page.getByRole("button", { name: "Next" }).click();
  await page.waitForURL(/offset=50/);
  // Search, by the keyboard.
  await page.keyboard.press("/");
  await page.keyboard.type(incident);
  await page.waitForURL(/q=inc-/);
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 1);
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/incidents/" + incident);
  const copies = page.locator("figure", { hasText: "handshaked fix show" }).getByRole("button");
  await copies.first().click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  // The daemon was started with a configuration of its own, without which the command does not find it.
  need(copied.startsWith("handshaked fix show " + incident + " -c /"), "the copied command is: " + copied);
  // A fix without a patch: its commands themselves can be copied.
  const command = page.locator(".fix .command").first();
  await command.getByRole("button").click();
  const typed = await page.evaluate(() => navigator.clipboard.readText());
  need(typed.includes(" ") && typed === (await command.locator("code").innerText()), "the copied command of a fix is: " + typed);
  // From the line alone there are candidates, and none of them is told like a fact.
  need((await page.locator("dt").allInnerTexts()).includes("Possible cause"), "a candidate reads like a fact");
  await page.keyboard.press("Escape");
  await page.waitForURL(address + "/");
  // A filter.
  await page.getByLabel("Side").selectOption("upstream");
  await page.waitForURL(/side=upstream/);
  await page.goBack();
  return { paint, total, longest: await page.evaluate(() => window.longest) };
}

with_browser(async (browser) => {
  const troubles = [];
  let measured = null;
  for (const [scheme, width, locale] of [["light", 1440, "en-US"], ["dark", 390, "zh-CN"]]) {
    const { context, page } = await look(browser, scheme, width, locale, troubles);
    if (width === 1440) {
      measured = await try_out(page);
      // Live: the driver of this program writes a line now, and the page shows it by itself.
      await open(page, "/?q=10.9.9.8");
      process.stdout.write("write\n");
      await page.waitForFunction(() => document.querySelectorAll(".row").length === 1, null, { timeout: PATIENCE });
    }
    await context.close();
  }
  need(troubles.length === 0, "the console says: " + troubles.join("; "));
  return measured;
});
