/** Shows the moments of a page in the reader's own time zone, which the server does not know. */
export {};

for (const time of document.querySelectorAll<HTMLTimeElement>('main time[data-moment]')) {
  const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' };
  time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, options);
}
