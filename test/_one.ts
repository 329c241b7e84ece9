import { visit, shot, browser, password } from './_dbg.ts';
const v = await visit({ width: 1280, height: 800 });
const email = `dbg${Date.now()}@example.com`;
try {
await v.signUp(email);
await v.open('/settings/security');

await v.enable(); await shot(v, 'd-on');
await v.open('/settings/users-and-security');
await v.field('Require two-factor authentication').check(); await v.page.waitForTimeout(300); await shot(v, 'd-admin');
await v.button('Save').click(); await v.page.waitForTimeout(1500); await shot(v, 'd-act', false);
await v.page.getByRole('dialog').getByLabel('Password', { exact: true }).fill(password);
await v.page.getByRole('dialog').getByRole('button', { name: 'Confirm', exact: true }).click();
await v.page.waitForTimeout(3000); await shot(v, 'd-act2', false);
} catch (e) { console.log(e); await shot(v, 'd-fail'); }
console.log(v.complaints);
await browser.close();
