// Debian's chromium, with a profile of its own that is gone afterwards.
const { chromium } = require("playwright-core");
const fs = require("fs");
const os = require("os");
const path = require("path");

const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

function need(condition, what) {
  if (!condition) throw new Error(what);
}

// Runs `story` with a browser, and prints what it gives as the last line; a failure goes to standard error, and the exit code is 1.
async function with_browser(story) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "handshaked-browser-"));
  let browser = null;
  try {
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, chromiumSandbox: false, args: FLAGS, timeout: 120_000, env: { ...process.env, HOME: profile } });
    const told = await story(browser);
    process.stdout.write(JSON.stringify(told) + "\n");
  } catch (error) {
    process.stderr.write(error.message + "\n");
    process.exitCode = 1;
  } finally {
    if (browser) await browser.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}

module.exports = { need, with_browser };
