"""Questions and answers, a file a family. In JSON their keys are written in camel case; arrays travel as base64."""
