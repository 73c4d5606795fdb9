// Sends what stands on stdin, a line an event, with a client of the Forward protocol. Ends when stdin does and every event was
// acknowledged (or handed to the socket, where the mode has no acknowledgements).
//   node forward.js '{"client": "fluent-logger" | "@fluent-org/logger", "mode": …, "port": …, "ack": …, "key": …, "ca": …, "host": …}'
'use strict'
const fs = require('fs')
const readline = require('readline')

const options = JSON.parse(process.argv[2])
const event = (line) => ({ log: line, host: options.host || 'edge-1', stream: 'stderr' })

function fluentLogger() {
  const sender = require('fluent-logger').createFluentSender('nginx', {
    host: '127.0.0.1',
    port: options.port,
    timeout: 60,
    eventMode: options.mode,
    requireAckResponse: options.ack,
    ackResponseTimeout: 30000,
    flushInterval: 50,
    sendQueueSizeLimit: 256 * 1024,
    milliseconds: true,
    security: options.key ? { clientHostname: 'edge-1', sharedKey: options.key, username: options.user, password: options.password } : undefined,
    tls: Boolean(options.ca),
    tlsOptions: options.ca ? { ca: fs.readFileSync(options.ca), servername: 'localhost' } : undefined
  })
  sender.on('error', (error) => console.error(String(error)))
  const FluentTime = require('fluent-logger').EventTime
  return {
    send: (line) => new Promise((resolve, reject) => {
      sender.emit('error_log', event(line), new FluentTime(Math.floor(Date.now() / 1000), 123456789), (error) => (error ? reject(error) : resolve()))
    }),
    end: () => new Promise((resolve) => sender.end(null, null, resolve))
  }
}

function fluentOrg() {
  const { FluentClient } = require('@fluent-org/logger')
  const client = new FluentClient('nginx', {
    eventMode: options.mode,
    ack: options.ack ? { ackTimeout: 30000 } : undefined,
    eventRetry: options.retry ? { attempts: 100, backoff: 1, delay: 50, minDelay: 50, maxDelay: 500 } : undefined,
    milliseconds: true,
    flushInterval: 20,
    socket: {
      host: '127.0.0.1',
      port: options.port,
      timeout: 60000,
      reconnect: { backoff: 1, delay: 50, minDelay: 50, maxDelay: 200 },
      tls: options.ca ? { ca: fs.readFileSync(options.ca), servername: 'localhost' } : undefined
    },
    security: options.key ? { clientHostname: 'edge-1', sharedKey: options.key, username: options.user, password: options.password } : undefined
  })
  client.socketOn('error', (error) => console.error(String(error)))
  return { send: (line) => client.emit('error_log', event(line)), end: () => client.disconnect() }
}

async function main() {
  const client = options.client === 'fluent-logger' ? fluentLogger() : fluentOrg()
  const sent = []
  let settled = 0
  const settle = () => { if (++settled === sent.length) console.log(`settled ${settled}`) }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    sent.push(client.send(line))
    sent[sent.length - 1].then(settle, settle)
  }
  await Promise.all(sent)
  console.log(`${sent.length} events`)
  await client.end()
  process.exit(0)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
