/** The text messages: a code, and the line that binds it to the sign-in page's domain. */

export type SmsPurpose = 'sign_in' | 'proof' | 'enable_sms';

type Catalogue = Record<SmsPurpose, (product: string, code: string) => string>;

/** GSM-7 characters alone, so that a code is one segment of 160 characters. */
const catalogues: Record<string, Catalogue> = {
  en: {
    sign_in: (product, code) => `${product}: ${code} is your sign-in code. Never tell it to anybody.`,
    proof: (product, code) => `${product}: ${code} confirms a change of your security settings.`,
    enable_sms: (product, code) => `${product}: ${code} turns on sign-in codes to this number.`,
  },
  de: {
    sign_in: (product, code) => `${product}: ${code} ist Ihr Anmeldecode. Sagen Sie ihn niemandem.`,
    proof: (product, code) => `${product}: ${code} bestätigt eine Änderung Ihrer Sicherheit.`,
    enable_sms: (product, code) => `${product}: ${code} schaltet Anmeldecodes an diese Nummer ein.`,
  },
  fr: {
    sign_in: (product, code) => `${product} : ${code} est votre code de connexion. Ne le dites à personne.`,
    proof: (product, code) => `${product} : ${code} confirme un changement de vos options de sécurité.`,
    enable_sms: (product, code) => `${product} : ${code} active les codes de connexion vers ce mobile.`,
  },
  es: {
    sign_in: (product, code) => `${product}: ${code} es tu clave de acceso. No se la digas a nadie.`,
    proof: (product, code) => `${product}: ${code} confirma un cambio de tu seguridad.`,
    enable_sms: (product, code) => `${product}: ${code} activa las claves de acceso en este teléfono.`,
  },
};

const segmentLength = 160;

/**
 * The text of a code, in the user's language (by the tag's first part, else English). Its last line is the origin-bound
 * form `@domain #code` (https://wicg.github.io/sms-one-time-codes/): a browser fills the code in on that domain and nowhere
 * else. A long product name is cut so that the message stays one segment.
 */
export function codeSms(
  purpose: SmsPurpose,
  code: string,
  { product, domain, locale }: { product: string; domain: string; locale?: string | undefined },
): string {
  const language = locale?.split(/[-_]/)[0]?.toLowerCase() ?? '';
  const say = (catalogues[language] ?? (catalogues.en as Catalogue))[purpose];
  const withName = (name: string) => `${say(name, code)}\n\n@${domain} #${code}`;
  const room = Math.max(10, segmentLength - withName('').length);
  const oneLine = product.replace(/[\p{C}\p{Z}\s]+/gu, ' ').trim();
  return withName([...oneLine].slice(0, room).join('').trim());
}
