// Reads requests from standard input, one JSON object a line ({"headers", "body" in Base64, "secret"}), and lets the originals of Standard
// Webhooks and CloudEvents judge each. Prints one JSON object a line: {"ok", "id", "type", "data"} or {"ok": false, "why"}.
'use strict';
const readline = require('readline');
const { HTTP } = require('cloudevents');
const { Webhook } = require('standardwebhooks');

function judge(request) {
  const body = Buffer.from(request.body, 'base64').toString('utf8');
  new Webhook(request.secret).verify(body, request.headers);
  const event = HTTP.toEvent({ headers: request.headers, body });
  event.validate();
  return { ok: true, id: event.id, type: event.type, source: event.source, subject: event.subject, data: event.data };
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  try {
    console.log(JSON.stringify(judge(JSON.parse(line))));
  } catch (error) {
    console.log(JSON.stringify({ ok: false, why: String(error) }));
  }
});
