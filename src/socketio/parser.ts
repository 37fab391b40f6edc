import * as parser from 'socket.io-parser'

/** Pieces of binary data in one event. Far above what a message may name, so that too many are refused by name. */
const PIECES = 100

/** The client's own parser takes down the connection for the eleventh file of a message, without a word. */
class PatientDecoder extends parser.Decoder {
  constructor() {
    super({ maxAttachments: PIECES })
  }
}

export const patientParser = { ...parser, Decoder: PatientDecoder }
