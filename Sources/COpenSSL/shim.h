/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * OpenSSL's libcrypto, for the signatures of plug-ins. The functions below stand in for macros, which Swift cannot
 * call; they do nothing of their own. */

#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* -1 for NULL. */
static inline int COpenSSL_certificates_count(const STACK_OF(X509) *certificates) {
    return sk_X509_num(certificates);
}

static inline X509 *COpenSSL_certificates_at(const STACK_OF(X509) *certificates, int index) {
    return sk_X509_value(certificates, index);
}

static inline STACK_OF(X509) *COpenSSL_certificates_new(void) { return sk_X509_new_null(); }

/* Takes the certificate over where it returns a positive number. */
static inline int COpenSSL_certificates_push(STACK_OF(X509) *certificates, X509 *certificate) {
    return sk_X509_push(certificates, certificate);
}

static inline void COpenSSL_certificates_free(STACK_OF(X509) *certificates) {
    sk_X509_pop_free(certificates, X509_free);
}

/* -1 for NULL. */
static inline int COpenSSL_signers_count(const STACK_OF(CMS_SignerInfo) *signers) {
    return sk_CMS_SignerInfo_num(signers);
}

static inline CMS_SignerInfo *COpenSSL_signers_at(const STACK_OF(CMS_SignerInfo) *signers, int index) {
    return sk_CMS_SignerInfo_value(signers, index);
}

static inline int COpenSSL_bio_set_digest(BIO *bio, const EVP_MD *digest) {
    return (int)BIO_set_md(bio, digest);
}

/* The bytes belong to the BIO. */
static inline long COpenSSL_bio_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

/* A name as RFC 2253 writes it, but for characters beyond ASCII, which stand for themselves in UTF-8. */
static inline unsigned long COpenSSL_name_flags(void) { return XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB; }

static inline int COpenSSL_error_reason(unsigned long error) { return ERR_GET_REASON(error); }

#endif
