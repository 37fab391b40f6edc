import { type Context, ROOT_CONTEXT, type Span, SpanKind, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { SendTrace, Tracing } from '../ports/tracing.js'

/** Events that are followed and have not been delivered here: most have no session here, and never are. */
const HEARD_MOST = 1000
/** A collector that is away costs traces, and nothing else. */
const EXPORT_MS = 5000

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/

export interface TracingOptions {
  /** The base address of an OTLP collector. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly serviceName: string
  readonly version: string
  readonly nodeId: string
  /** The part of the sends that is followed, of 1. */
  readonly ratio: number
}

/**
 * Traces by OpenTelemetry: one of a send, over all nodes that it comes to. Loaded only where there is a collector. Which
 * sends are followed is decided once, where they begin; a node that hears of one goes on with it.
 */
export function createTracing(options: TracingOptions): Tracing & { close(): Promise<void> } {
  const { endpoint, headers, serviceName, version, nodeId, ratio } = options
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: EXPORT_MS,
  })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.version': version,
      'service.instance.id': nodeId,
    }),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('parley', version)
  /** By chat and rev: since when, and what it belongs to. */
  const heard = new Map<string, { readonly at: Date; readonly context: Context }>()

  /** The first word counts: the bus brings our own back. */
  function note(chatId: string, rev: number, context: Context): void {
    const key = keyOf(chatId, rev)
    if (heard.has(key)) return
    heard.set(key, { at: new Date(), context })
    const [oldest] = heard.keys()
    if (oldest !== undefined && heard.size > HEARD_MOST) heard.delete(oldest)
  }

  return {
    follow(chatId) {
      if (Math.random() >= ratio) return undefined
      const root = tracer.startSpan(
        'send',
        { kind: SpanKind.SERVER, attributes: { 'parley.chat_id': chatId } },
        ROOT_CONTEXT,
      )
      const context = trace.setSpan(ROOT_CONTEXT, root)
      const start = (name: string, kind = SpanKind.INTERNAL) => tracer.startSpan(name, { kind }, context)
      return new FollowedSend(root, start, (rev, span) =>
        note(chatId, rev, trace.setSpan(ROOT_CONTEXT, span)),
      )
    },

    heard(chatId, rev, traceparent) {
      const [, traceId, spanId] = TRACEPARENT.exec(traceparent) ?? []
      if (traceId === undefined || spanId === undefined) return
      const from = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true }
      note(chatId, rev, trace.setSpanContext(ROOT_CONTEXT, from))
    },

    delivered(chatId, rev) {
      const key = keyOf(chatId, rev)
      const found = heard.get(key)
      if (found === undefined) return
      heard.delete(key)
      const attributes = { 'parley.chat_id': chatId, 'parley.rev': rev }
      const span = { kind: SpanKind.CONSUMER, startTime: found.at, attributes }
      tracer.startSpan('deliver', span, found.context).end()
    },

    close: async () => await provider.shutdown(),
  }
}

class FollowedSend implements SendTrace {
  readonly #root: Span
  readonly #start: (name: string, kind?: SpanKind) => Span
  readonly #note: (rev: number, span: Span) => void
  /** What is under way within the send. */
  #current: Span

  constructor(
    root: Span,
    start: (name: string, kind?: SpanKind) => Span,
    note: (rev: number, span: Span) => void,
  ) {
    this.#root = root
    this.#start = start
    this.#note = note
    this.#current = start('wait')
  }

  flushing(messages: number): void {
    this.#current.end()
    this.#current = this.#start('flush').setAttribute('parley.flush_messages', messages)
  }

  flushed(): void {
    this.#current.end()
  }

  publishing(rev: number): string {
    this.#current = this.#start('publish', SpanKind.PRODUCER).setAttribute('parley.rev', rev)
    this.#note(rev, this.#current)
    const { traceId, spanId } = this.#current.spanContext()
    return `00-${traceId}-${spanId}-01`
  }

  published(): void {
    this.#current.end()
  }

  end(result: string): void {
    if (this.#current.isRecording()) this.#current.end()
    this.#root.setAttribute('parley.result', result).end()
  }
}

function keyOf(chatId: string, rev: number): string {
  return `${rev}:${chatId}`
}
