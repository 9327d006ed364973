/** Header fields that callers send beside those of `headersOf`: a generator of load none, Node's `fetch` and Chromium these. */
export const CALLERS = {
  few: {},
  fetch: {
    connection: 'keep-alive',
    'accept-language': '*',
    'sec-fetch-mode': 'cors',
    'user-agent': 'node',
    'accept-encoding': 'gzip, deflate',
  },
  browser: {
    connection: 'keep-alive',
    'sec-ch-ua-platform': '"Linux"',
    'user-agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
    'sec-ch-ua': '"Not;A=Brand";v="8", "Chromium";v="150"',
    'sec-ch-ua-mobile': '?0',
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'cors',
    'sec-fetch-dest': 'empty',
    referer: 'http://127.0.0.1:8000/',
    'accept-encoding': 'gzip, deflate, br, zstd',
    'accept-language': 'en-US,en;q=0.9',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

export type Caller = keyof typeof CALLERS
