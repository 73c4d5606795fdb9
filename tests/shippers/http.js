// Sends what stands on stdin, a line a record, with a client that speaks HTTP: OpenTelemetry (JSON, protocol buffers), Loki, Elasticsearch.
// An empty line ends a part: it is sent now, again and again where it is refused or gets no answer, and "sent N" is printed when all of it was
// acknowledged. Prints " events" when everything was, and ends.
//   node http.js '{"client": "otlp-json" | "otlp-proto" | "loki-json" | "loki-proto" | "elasticsearch", "url": …, "host": …}'
'use strict'
const readline = require('readline')

const options = JSON.parse(process.argv[2])
const host = options.host || 'edge-1'
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function otlp() {
  const { LoggerProvider, BatchLogRecordProcessor } = require('@opentelemetry/sdk-logs')
  const { resourceFromAttributes } = require('@opentelemetry/resources')
  const { OTLPLogExporter } = require(options.client === 'otlp-json' ? '@opentelemetry/exporter-logs-otlp-http' : '@opentelemetry/exporter-logs-otlp-proto')
  // It repeats what is refused with 429 or 503 or finds no server, five times at most and with pauses from one second on.
  const exporter = new OTLPLogExporter({ url: options.url + '/v1/logs', compression: 'gzip', timeoutMillis: 30000 })
  const processor = new BatchLogRecordProcessor({ exporter, maxQueueSize: 100000, maxExportBatchSize: 512, scheduledDelayMillis: 100 })
  const provider = new LoggerProvider({ resource: resourceFromAttributes({ 'host.name': host }), processors: [processor] })
  const logger = provider.getLogger('nginx')
  return {
    async send(lines) {
      for (const line of lines) logger.emit({ body: line, severityText: 'ERROR', timestamp: Date.now() })
      await provider.forceFlush()
    },
    end: () => provider.shutdown(),
  }
}

function loki() {
  const winston = require('winston')
  const LokiTransport = require('winston-loki')
  const transport = new LokiTransport({ host: options.url, labels: { host }, json: options.client === 'loki-json', batching: true, interval: 1,
    replaceTimestamp: true, gracefulShutdown: false, format: winston.format.printf((info) => info.message), onConnectionError: (error) => console.error(String(error)) })
  transport.batcher.circuitBreakerInterval = 500  // after a failure it waits a minute otherwise
  const logger = winston.createLogger({ level: 'debug', transports: [transport] })
  return {
    async send(lines) {
      for (const line of lines) logger.error(line)
      // A batch that failed is put back, and counts as flushed.
      do await transport.flush()
      while (transport.batcher.batch.streams.length > 0)
    },
    end: async () => transport.close && transport.close(),
  }
}

function elasticsearch() {
  const { Client } = require('@elastic/elasticsearch')
  const client = new Client({ node: options.url, maxRetries: 100, compression: true, retryBackoff: () => 0.1 })
  let greeted = false
  return {
    async send(lines) {
      if (!greeted && (await client.info()).tagline !== 'You Know, for Search') throw new Error('no greeting')
      greeted = true
      const documents = lines.map((line) => ({ message: line, host: { name: host }, '@timestamp': new Date().toISOString() }))
      const result = await client.helpers.bulk({ datasource: documents, flushBytes: 200000, retries: 10, wait: 500,
        onDocument: () => ({ create: { _index: 'nginx-ssl' } }) })
      if (result.failed !== 0 || result.successful !== lines.length) throw new Error(JSON.stringify(result))
    },
    end: async () => client.close(),
  }
}

async function main() {
  const client = options.client.startsWith('otlp') ? otlp() : options.client.startsWith('loki') ? loki() : elasticsearch()
  let sent = 0
  let part = []
  const send = async () => {
    await client.send(part)
    sent += part.length
    part = []
  }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line !== '') {
      part.push(line)
      continue
    }
    await send()
    console.log('sent ' + sent)
  }
  if (part.length > 0) await send()
  await client.end()
  console.log(sent + ' events')
  await pause(100)
  process.exit(0)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
