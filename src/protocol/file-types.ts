/**
 * The types of files that Parley can tell by their content: the extensions that a name may have (the first one is
 * given to names without), whether a browser may show it in place, and whether it is taken when the operator says
 * nothing. What a name or a header claims never counts by itself.
 */
export const FILE_TYPES = {
  'image/jpeg': { extensions: ['jpg', 'jpeg', 'jpe', 'jfif'], inline: true, byDefault: true },
  'image/png': { extensions: ['png', 'apng'], inline: true, byDefault: true },
  'image/gif': { extensions: ['gif'], inline: true, byDefault: true },
  'image/webp': { extensions: ['webp'], inline: true, byDefault: true },
  'image/avif': { extensions: ['avif'], inline: true, byDefault: true },
  'image/heic': { extensions: ['heic', 'heif'], inline: true, byDefault: true },
  'application/pdf': { extensions: ['pdf'], inline: true, byDefault: true },
  'text/plain': { extensions: ['txt', 'text', 'log', 'md'], inline: false, byDefault: true },
  'text/csv': { extensions: ['csv'], inline: false, byDefault: true },
  'video/mp4': { extensions: ['mp4', 'm4v'], inline: false, byDefault: true },
  'video/quicktime': { extensions: ['mov', 'qt'], inline: false, byDefault: true },
  'video/webm': { extensions: ['webm'], inline: false, byDefault: true },
  'video/3gpp': { extensions: ['3gp', '3gpp'], inline: false, byDefault: true },
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': {
    extensions: ['docx'],
    inline: false,
    byDefault: true,
  },
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': {
    extensions: ['xlsx'],
    inline: false,
    byDefault: true,
  },
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': {
    extensions: ['pptx'],
    inline: false,
    byDefault: true,
  },
  'application/vnd.oasis.opendocument.text': { extensions: ['odt'], inline: false, byDefault: true },
  'application/vnd.oasis.opendocument.spreadsheet': { extensions: ['ods'], inline: false, byDefault: true },
  'application/vnd.oasis.opendocument.presentation': { extensions: ['odp'], inline: false, byDefault: true },
  'audio/mpeg': { extensions: ['mp3'], inline: false, byDefault: false },
  'audio/mp4': { extensions: ['m4a', 'm4b'], inline: false, byDefault: false },
  'audio/ogg': { extensions: ['ogg', 'oga', 'opus', 'spx'], inline: false, byDefault: false },
  'audio/wav': { extensions: ['wav'], inline: false, byDefault: false },
  'application/zip': { extensions: ['zip'], inline: false, byDefault: false },
} as const satisfies Record<string, FileTypeRow>

export interface FileTypeRow {
  readonly extensions: readonly [string, ...string[]]
  readonly inline: boolean
  readonly byDefault: boolean
}

export type FileType = keyof typeof FILE_TYPES

export function isFileType(mime: string): mime is FileType {
  return Object.hasOwn(FILE_TYPES, mime)
}

export const ALL_FILE_TYPES = Object.keys(FILE_TYPES).filter(isFileType)

export function hasExtension(type: FileType, extension: string | undefined): boolean {
  return FILE_TYPES[type].extensions.some((known) => known === extension)
}

/** No two types have an extension in common. */
export function typeOfExtension(extension: string | undefined): FileType | undefined {
  return ALL_FILE_TYPES.find((type) => hasExtension(type, extension))
}
