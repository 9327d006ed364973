import type { Random } from './random.ts'

/** JSON text that stands for itself: numbers no JavaScript value holds, keys that come twice. */
export class Raw {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Numbers at the edges of what languages, databases and schemas take. */
const NUMBERS = [
  ...['0', '-0', '-1', '1', '2', '0.1', '1.5', '1.0', '1e2', '-1e-7', '5e-324', '1e308', '-1e308', '1e309', '-1e400'],
  ...['2147483647', '2147483648', '-2147483649', '4294967296', '9007199254740991', '9007199254740992'],
  ...['-9007199254740993', '9223372036854775807', '9223372036854775808', '18446744073709551616', '0.1e-400'],
  ...['123456789012345678901234567890', '1'.repeat(400), '0.'.padEnd(400, '3')],
] as const

const LONG = [127, 255, 256, 501, 2001, 5000, 70_000]

/** Texts that make somebody's parser, query, file name, template, log or screen do what nobody meant. */
const TEXTS = [
  ...['', ' ', '\t\r\n', '\0', 'a\0b', '\u0001\u0002\u001f\u007f', '\u0085\u2028\u2029', '\ufeff', '\uffff'],
  ...[
    '\ud800',
    'a\udc00b',
    '\udfff\ud800',
    '\u202eabc',
    '\u0041\u030a',
    '\u00c5',
    'ﷺ',
    'ß',
    'İı',
    '👩‍👩‍👧‍👦',
    '😀'.repeat(60),
  ],
  ...["' OR '1'='1", "'; DROP TABLE orders; --", '" OR ""="', "\\'; SELECT 1", '%', '_', '%_%', '*', '?'],
  ...[
    '../../../../etc/passwd',
    '..\\..\\win.ini',
    '/etc/passwd\0.png',
    'file:///etc/passwd',
    'C:\\CON',
    '~',
    '.',
    '..',
  ],
  ...['<script>alert(1)</script>', '{{7*7}}', '$'.concat('{7*7}'), '%s%n%x', '`id`', '$(id)', '|id', 'a\r\nx-evil: 1'],
  ...['null', 'undefined', 'NaN', 'Infinity', 'true', 'false', '[]', '{}', '[object Object]', '0x10', '1_000', '１２'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length', 'toJSON'],
  ...[
    '2024-02-30T00:00:00Z',
    '0000-00-00',
    '9999-12-31T23:59:59Z',
    '+275760-09-13T00:00:00.001Z',
    '2016-12-31T23:59:60Z',
  ],
  ...[
    '1969-12-31T23:59:59.999Z',
    '2024-02-29T00:00:00.123456789Z',
    '2024-01-01T00:00:00+14:00',
    '-000001-01-01T00:00:00Z',
  ],
  ...[
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '018F0000-0000-7000-8000-00000000000G',
  ],
  ...[
    'a@b',
    'a@b-.com',
    '"x y"@z.example',
    'A.B+C@EXAMPLE.COM',
    'a..b@c.de',
    'javascript:alert(1)',
    '//evil.example',
    'http://[::1',
  ],
] as const

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  ' ',
  'extra',
  '\0',
  '$ref',
  'id',
  '0',
  '-1',
  'é'.repeat(40),
]

export function hostileNumber(random: Random): Raw {
  return new Raw(random.pick(NUMBERS))
}

export function hostileText(random: Random): string {
  if (random.chance(0.05)) return 'a'.repeat(random.pick(LONG))
  if (random.chance(0.1))
    return String.fromCharCode(...Array.from({ length: random.int(1, 12) }, () => random.int(0, 0xffff)))
  return random.pick(TEXTS)
}

export function hostileKey(random: Random): string {
  return random.pick(KEYS)
}

/** A JSON value of any kind, most of them of the wrong one. */
export function hostileValue(random: Random): unknown {
  switch (random.int(0, 9)) {
    case 0:
    case 1:
    case 2:
      return hostileNumber(random)
    case 3:
    case 4:
    case 5:
      return hostileText(random)
    case 6:
      return random.pick([null, true, false])
    case 7:
      return random.pick([[], {}, [[]], [null], { '': null }, [1, 'a', null, {}], { length: 3, 0: 'a' }])
    case 8:
      return nested(random, random.pick([5, 30, 70]))
    default:
      return { [hostileKey(random)]: hostileText(random) }
  }
}

/** Arrays in arrays, or objects in objects. */
export function nested(random: Random, depth: number): Raw {
  return random.chance(0.5)
    ? new Raw('['.repeat(depth) + ']'.repeat(depth))
    : new Raw(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
}

/** Like JSON.stringify, with raw text, and with a `__proto__` key where one was asked for. */
export function writeJson(value: unknown): string {
  if (value instanceof Raw) return value.text
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${writeJson(field)}`)
    return `{${fields.join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
