/** What to try, and what to watch. */
import { Hono } from 'hono';
import type { Env } from '../context.ts';
import { tourPage } from '../pages/tour.ts';

export const tour = new Hono<Env>();

tour.get('/tour', tourPage);
