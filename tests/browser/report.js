// What a person does with the HTML report of scan, opened from a file in a real browser. Prints one JSON object; ends with 1 and the reason when
// something is not as it should be. Argument: JSON with files (language to path), faults (how many there are), screenshots (a directory, or empty).
const { AxeBuilder } = require("@axe-core/playwright");
const { need, with_browser } = require("./browser.js");
const path = require("path");
const { pathToFileURL } = require("url");

const { files, faults, screenshots } = JSON.parse(process.argv[2]);

async function look(browser, language, scheme, width) {
  const troubles = [];
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("request", (request) => request.url().startsWith("file:") || troubles.push("it asks for " + request.url()));
  await page.goto(pathToFileURL(files[language]).href);
  const where = `the report, ${language}, ${scheme}, ${width}`;
  const { violations } = await new AxeBuilder({ page }).analyze();
  need(violations.length === 0, `axe at ${where}: ` + violations.map((one) => `${one.id}: ${one.nodes[0].html}`).join("; "));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  need(wide <= 0, `${where} is ${wide} pixels too wide`);
  if (width < 500) {
    // Nor does anything in it: a table that scrolls to the side is not read on a phone.
    const scrolls = await page.evaluate(() =>
      [...document.querySelectorAll("body *")].filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth).map((one) => one.className || one.tagName));
    need(scrolls.length === 0, `${where} scrolls to the side in: ${scrolls}`);
    const cells = await page.evaluate(() => [...document.querySelectorAll("tbody td")].filter((one) => one.getBoundingClientRect().right > innerWidth || one.getBoundingClientRect().left < 0).length);
    need(cells === 0, `${where} has ${cells} cells beyond its edge`);
  }
  need(await page.evaluate(() => !window.hostile && !document.querySelector("img, iframe, script[src]")), "a stranger's markup");
  const text = await page.locator("body").innerText();
  need(/[\u4e00-\u9fff]/.test(text) === (language === "zh"), where + " is in the wrong language");
  if (screenshots) await page.screenshot({ path: path.join(screenshots, `report-${language}-${scheme}-${width}.png`) });
  return { context, page, troubles };
}

async function try_out(page) {
  const shown = () => page.locator(".fault:visible").count();
  need((await shown()) === faults, `${await shown()} faults are shown, there are ${faults}`);
  // Folded ones open by their row, and those that were open close.
  const last = page.locator(".fault").last();
  need(!(await last.evaluate((one) => one.open)), "all faults are unfolded");
  await page.locator("tbody a").nth(faults - 1).click();
  need(await last.evaluate((one) => one.open), "a row of the table does not open its fault");
  await last.locator("summary").click();
  need(!(await last.evaluate((one) => one.open)), "a fault does not fold");
  // The filter: by words, by severity.
  await page.getByRole("searchbox").fill("10.0.0.3:8443");
  need((await shown()) === 1 && (await page.locator("tr[data-fault]:visible").count()) === 1, "the filter leaves " + (await shown()));
  await page.getByRole("searchbox").fill("");
  await page.getByRole("checkbox").nth(1).uncheck();
  need((await page.locator(".fault.warning:visible").count()) === 0, "warnings are still shown");
  await page.getByRole("checkbox").nth(1).check();
  need((await shown()) === faults, "the filter does not give everything back");
  need((await page.locator("svg.chart rect").count()) > 1, "the chart is empty");
  // On paper everything is unfolded, and the filter is not there.
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  need(await page.evaluate(() => [...document.querySelectorAll(".fault")].every((one) => one.open)), "a folded fault is printed");
  need(!(await page.locator(".filter").isVisible()), "the filter is printed");
}

with_browser(async (browser) => {
  for (const [language, scheme, width] of [["en", "light", 1440], ["zh", "dark", 390]]) {
    const { context, page, troubles } = await look(browser, language, scheme, width);
    if (language === "en") await try_out(page);
    need(troubles.length === 0, "the console says: " + troubles.join("; "));
    await context.close();
  }
  return { faults };
});
