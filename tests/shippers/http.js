// Sends what stands on stdin, a line a record, with a client that speaks HTTP: OpenTelemetry (JSON, protocol buffers), Loki, Elasticsearch.
// Sends again what was refused or got no answer. Prints " events" when all were acknowledged, and ends.
//   node http.js '{"client": "otlp-json" | "otlp-proto" | "loki-json" | "loki-proto" | "elasticsearch", "url": …, "host": …}'
'use strict'
const readline = require('readline')

const options = JSON.parse(process.argv[2])
const host = options.host || 'edge-1'
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function otlp(lines) {
  const { LoggerProvider, BatchLogRecordProcessor } = require('@opentelemetry/sdk-logs')
  const { resourceFromAttributes } = require('@opentelemetry/resources')
  const { OTLPLogExporter } = require(options.client === 'otlp-json' ? '@opentelemetry/exporter-logs-otlp-http' : '@opentelemetry/exporter-logs-otlp-proto')
  const exporter = new OTLPLogExporter({ url: options.url + '/v1/logs', compression: 'gzip' })
  const settings = { maxQueueSize: lines.length + 1, maxExportBatchSize: 512, scheduledDelayMillis: 100 }
  const processor = new BatchLogRecordProcessor({ exporter, ...settings })
  const provider = new LoggerProvider({ resource: resourceFromAttributes({ 'host.name': host }), processors: [processor] })
  const logger = provider.getLogger('nginx')
  for (const line of lines) logger.emit({ body: line, severityText: 'ERROR', timestamp: Date.now() })
  await provider.forceFlush()
  await provider.shutdown()
}

async function loki(lines) {
  const winston = require('winston')
  const LokiTransport = require('winston-loki')
  const transport = new LokiTransport({ host: options.url, labels: { host }, json: options.client === 'loki-json', batching: true, interval: 1,
    replaceTimestamp: true, gracefulShutdown: false, format: winston.format.printf((info) => info.message), onConnectionError: (error) => console.error(String(error)) })
  const logger = winston.createLogger({ level: 'debug', transports: [transport] })
  for (const line of lines) logger.error(line)
  await transport.flush()
  transport.close && transport.close()
}

async function elasticsearch(lines) {
  const { Client } = require('@elastic/elasticsearch')
  const client = new Client({ node: options.url, maxRetries: 10, compression: true })
  const info = await client.info()
  if (info.tagline !== 'You Know, for Search') throw new Error('no greeting')
  const result = await client.helpers.bulk({ datasource: lines.map((line) => ({ message: line, host: { name: host }, '@timestamp': new Date().toISOString() })),
    flushBytes: 200000, retries: 10, wait: 500, onDocument: () => ({ create: { _index: 'nginx-ssl' } }) })
  if (result.failed !== 0 || result.successful !== lines.length) throw new Error(JSON.stringify(result))
}

async function main() {
  const lines = []
  for await (const line of readline.createInterface({ input: process.stdin })) lines.push(line)
  const send = options.client.startsWith('otlp') ? otlp : options.client.startsWith('loki') ? loki : elasticsearch
  await send(lines)
  console.log(lines.length + ' events')
  await pause(100)
  process.exit(0)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
