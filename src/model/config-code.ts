/** What a word at the end of a problem means. The words stay; the sentences before them may change. */
export const configCodes = {
  E_CONFIG_FILE: 'a file or folder that cannot be read, or too much in it',
  E_CONFIG_YAML: 'no UTF-8, no YAML, or a part of YAML that is not taken',
  E_CONFIG_KEY: 'a key that is not known here, or cannot be one',
  E_CONFIG_MISSING: 'a key that has to be there and is not, or is empty',
  E_CONFIG_TYPE: 'a value of another kind: a list for a text, a number without quotes',
  E_CONFIG_NUMBER:
    'a number, amount, duration or share that is negative, not whole, hexadecimal, octal, without its unit, too small or too large',
  E_CONFIG_VALUE: 'a text or list that means nothing here',
  E_CONFIG_NAME: 'a name of nobody, or of two',
  E_CONFIG_CONFLICT: 'values that do not go together',
  W_CONFIG_SMALL: 'a limit with which usual programs do not live',
  W_CONFIG_NAME:
    'a file that is not named after what is in it, or is of a guest that is not on this host, or is not read',
} as const;

export type ConfigCode = keyof typeof configCodes;
