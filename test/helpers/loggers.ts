import { type Logger, pino } from 'pino'

/** A logger, all that it has written, and the lines that hold a text. */
export function listeningLogger(): { logger: Logger; lines: string[]; saying: (text: string) => string[] } {
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) })
  return { logger, lines, saying: (text) => lines.filter((line) => line.includes(text)) }
}
