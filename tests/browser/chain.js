// The chain of an incident as a picture, and the timeline's marks: reloads of nginx, and what ends next. Prints one JSON object; ends with 1 and the reason
// when something is not as it should be. Argument: JSON with address, incident (its id), shape (kinds of its links), broken (what the picture says where it breaks).
const { AxeBuilder } = require("@axe-core/playwright");
const { need, with_browser } = require("./browser.js");

const { address, incident, shape, broken } = JSON.parse(process.argv[2]);

async function no_complaints(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  need(violations.length === 0, `axe at ${where}: ` + violations.map((one) => `${one.id}: ${one.nodes[0].html}`).join("; "));
}

with_browser(async (browser) => {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 900 }, locale: "en" })).newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${address}/incidents/${incident}`);
  const links = page.locator("ol.chain > li");
  await links.first().waitFor();
  const classes = await links.evaluateAll((all) => all.map((one) => one.className));
  need(classes.join(" ") === shape, `the chain is drawn as ${classes}`);
  const faults = await page.locator("ol.chain .fault").allInnerTexts();
  need(faults.length > 0 && faults.some((one) => one.includes(broken)), `where the chain breaks it says ${faults}`);
  await no_complaints(page, "the incident");

  await page.goto(`${address}/timeline`);
  await page.locator("h2", { hasText: "What ends next" }).waitFor();
  const ends = page.locator("ul.lanes").first().locator("li");
  need((await ends.count()) > 0, "nothing ends");
  need((await ends.first().innerText()).includes("Partner Root CA"), "what ends next is " + (await ends.first().innerText()));
  need((await page.locator(".mark").count()) === 1, "reloads of nginx have no mark");
  need((await page.locator("p", { has: page.locator(".mark") }).innerText()).includes("nginx was reloaded"), "the mark has no words");
  await no_complaints(page, "the timeline");
  return { links: classes.length };
});
