/** A synthesized CloudFormation template, as far as `npm start` reads it. */
export type Template = { Resources: Record<string, Resource> };
export type Resource = { Type: string; Properties?: Record<string, unknown> };
