// Sends what stands on stdin, a line an event, with a client of the Lumberjack protocol. Ends when stdin does.
//   node lumberjack.js '{"client": "lumberjack-client" | "lumberjack-protocol", "port": …, "ca": …}'
'use strict'
const fs = require('fs')
const readline = require('readline')

const options = JSON.parse(process.argv[2])

// Version 2, compressed, over TCP or TLS.
function lumberjackClient() {
  const LumberjackClient = require('lumberjack-client')
  const config = { host: '127.0.0.1', port: options.port }
  if (options.ca) Object.assign(config, { ca: fs.readFileSync(options.ca), servername: 'localhost' })
  const client = new LumberjackClient(config, Boolean(options.ca))
  // It repeats nothing that it wrote into a connection that was dead: whoever wants all of it waits for the next "connected".
  let known
  setInterval(() => {
    if (!client.connected || client.socket === known) return
    known = client.socket
    console.log('connected')
  }, 2)
  const event = (line) => ({ '@timestamp': new Date().toISOString(), message: line, host: { name: 'edge-1' }, log: { offset: 1 } })
  return {
    ready: () => Boolean(client.connected && client.socket),
    send: (line) => client.log(event(line)),
    pending: () => (client.socket ? client.socket.writableLength : 0)
  }
}

// Version 1, over TLS only.
function lumberjackProtocol() {
  const { client: connect } = require('lumberjack-protocol')
  const client = connect(
    { host: '127.0.0.1', port: options.port, ca: [fs.readFileSync(options.ca)], servername: 'localhost' },
    { windowSize: 1000, maxQueueSize: 100000, reconnect: 100 })
  client.on('dropped', (count) => console.error(`dropped ${count}`))
  return {
    ready: () => client.connected,
    send: (line) => client.writeDataFrame({ line, host: 'edge-1' }),
    pending: () => client._queue.length + (client._socket && client._socket._socket ? client._socket._socket.writableLength : 0),
    acknowledged: () => (client._socket ? client._socket.lastAck : 0)
  }
}

const settled = (condition) => new Promise((resolve) => {
  const timer = setInterval(() => {
    if (condition()) resolve(clearInterval(timer))
  }, 5)
})

async function main() {
  const client = options.client === 'lumberjack-client' ? lumberjackClient() : lumberjackProtocol()
  let sent = 0
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (!client.ready() || client.pending() > 1000000) await settled(() => client.ready() && client.pending() < 100000)
    client.send(line)
    if (++sent % 200 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await settled(() => client.pending() === 0)
  console.log(`${sent} events`)
  // The parent ends us: what is on its way is not cut off.
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
