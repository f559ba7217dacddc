// Package prober asks other sites whether the external links of a page lead anywhere.
//
// Its law: unknown is never broken. A link is called broken only on the closed list of proofs of [checks.Broken], most of
// them seen twice; a time-out, a refusal, a failing server, a certificate or our own network prove nothing and give
// [checks.Unknown]. A machine without a network therefore says nothing bad about anyone.
//
// The addresses come from strangers, so every one of them is hostile:
//
//   - no connection is made but through the [Guard], which looks at the address that the kernel is about to connect to, and
//     so cannot be led astray by spellings, redirects, second answers of a name server or aliases;
//   - no host is asked more than twice at once and ten times a second by the whole process, and a host that wants to be
//     left alone is left alone;
//   - no bytes of a response leave the package, but the address of a redirect, parsed again, escaped and cut; and what is
//     said about a name with a refused address does not tell whether something answers there;
//   - requests carry no credentials, no referrer, and cookies only from one hop of a redirection to the next.
//
// Nothing else in the project asks an address that it did not get from its operator. It knows neither mails nor databases: what it remembers goes through
// [Memory], and what a finding says in which language is others' business.
package prober
