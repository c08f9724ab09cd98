// The tests use a handful of Node's own modules; their exact types are not worth a dependency.
declare module "node:*";
declare const process: any;
declare const Buffer: any;
