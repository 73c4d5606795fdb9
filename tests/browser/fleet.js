// The page of a fleet: its edges, their versions, which incidents are on how many of them. Prints one JSON object; ends with 1 and the reason when
// something is not as it should be. Argument: JSON with address, edges (their names and states), hosts (of the widest incident).
const { AxeBuilder } = require("@axe-core/playwright");
const { need, with_browser } = require("./browser.js");

const { address, edges, hosts } = JSON.parse(process.argv[2]);

async function look(browser, scheme, width, locale, heading) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, locale });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${address}/fleet`);
  await page.locator("h1", { hasText: heading }).waitFor();
  const { violations } = await new AxeBuilder({ page }).analyze();
  need(violations.length === 0, `axe at ${scheme}, ${locale}: ` + violations.map((one) => `${one.id}: ${one.nodes[0].html}`).join("; "));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  need(wide <= 0, `the page is ${wide} pixels too wide`);
  const text = await page.locator("body").innerText();
  need(!/undefined|NaN|\[object|\{\w+\}/.test(text), "a hole in the text: " + text);
  return { context, page };
}

with_browser(async (browser) => {
  const { context, page } = await look(browser, "light", 1280, "en-US", "Fleet");
  const rows = page.getByRole("region", { name: "Edges" }).locator("tbody tr");
  const shown = await rows.evaluateAll((all) => all.map((row) => [row.querySelector("th").innerText, row.querySelector("td").innerText]));
  need(JSON.stringify(shown) === JSON.stringify(edges), "the edges are " + JSON.stringify(shown));
  const widest = page.getByRole("region", { name: "Incidents on the most hosts" }).locator("tbody tr").first();
  need((await widest.locator("td").first().innerText()) === String(hosts), "the widest incident is on " + (await widest.innerText()));
  await widest.getByRole("link").click();
  await page.waitForURL("**/incidents/inc-*");
  await page.goBack();
  // An edge leads to its incidents.
  await page.getByRole("region", { name: "Edges" }).getByRole("link").first().click();
  await page.waitForURL(/host=/);
  await page.waitForFunction(() => document.querySelectorAll(".row").length > 0);
  await context.close();
  await (await look(browser, "dark", 390, "zh-CN", "主机群")).context.close();
  return { edges: shown.length };
});
