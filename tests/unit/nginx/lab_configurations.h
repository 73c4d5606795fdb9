// The configurations of real situations and one line that each made nginx write. Used by
// lab_configurations_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace handshaked::nginx::lab {

struct Situation {
  std::string_view id, side, module;
  std::string configuration;
  std::string_view line;  ///< empty: none names an upstream or a client
};

/// Up to the first directive of "location /": one that passes requests on to a group of one member.
inline std::string pool(int member, int listen) {
  return R"(http {
    access_log off;

    upstream api.corp.test {
        server 127.0.0.1:)" +
         std::to_string(member) + R"(;
    }

    server {
        listen 127.0.0.1:)" +
         std::to_string(listen) + R"(;
        server_name gw.corp.test;

        location / {
)";
}

/// The same of a server without a group.
inline std::string plain_server(int listen) {
  return R"(http {
    access_log off;

    server {
        listen 127.0.0.1:)" +
         std::to_string(listen) + R"(;
        server_name gw.corp.test;

        location / {
)";
}

/// Up to the first directive about TLS.
inline std::string https_server(int listen) {
  return R"(http {
    access_log off;

    server {
        listen 127.0.0.1:)" +
         std::to_string(listen) + R"( ssl;
        server_name www.corp.test gw.corp.test;

)";
}

inline const std::string kVerified = R"(            proxy_pass https://api.corp.test;
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate tls/upstream-ca.pem;
)";
inline const std::string kPair = R"(        ssl_certificate tls/front.pem;
        ssl_certificate_key tls/front.key;
)";
inline const std::string kClients = R"(        ssl_verify_client on;
        ssl_client_certificate tls/client-ca.pem;
)";
/// The last location, of files, and the ends of all blocks.
inline const std::string kFiles = R"(        location / {
            root html;
            try_files /index.html =404;
        }
    }
}
)";
inline const std::string kEnd = R"(        }
    }
}
)";

inline std::vector<Situation> situations() {
  return {
      {"adv-basic-auth-user", "none", "http", plain_server(25905) + R"(            root html;
        }
        location /admin/ {
            auth_basic x;
            auth_basic_user_file tls/htpasswd;
            root html;
)" + kEnd,
       ""},
      {"adv-fcgi-php-tls", "none", "http",
       plain_server(25914) + "            fastcgi_pass 127.0.0.1:25917;\n" + kEnd, ""},
      {"adv-host-quotes", "none", "http", plain_server(25902) + "            root html;\n" + kEnd,
       ""},
      {"adv-newline-forged-emerg", "none", "http",
       plain_server(25890) + "            root html;\n" + kEnd, ""},
      {"adv-newline-forged-mass", "none", "http",
       plain_server(25893) + "            root html;\n" + kEnd, ""},
      {"adv-plain-timeouts", "none", "http", R"(http {
    access_log off;

    proxy_read_timeout 1s;

    server {
        listen 127.0.0.1:25928;
        server_name gw.corp.test;

        location / {
            root html;
        }
        location /slow {
            proxy_pass http://127.0.0.1:25931;
        }
        location /drop {
            proxy_pass http://127.0.0.1:25932;
        }
        location /gone {
            proxy_pass http://127.0.0.1:25933;
)" + kEnd,
       ""},
      {"adv-referer-tail", "none", "http", plain_server(25896) + "            root html;\n" + kEnd,
       ""},
      {"adv-rewrite-log", "none", "http", R"(http {
    access_log off;

    server {
        listen 127.0.0.1:25908;
        server_name gw.corp.test;

        rewrite_log on;
        rewrite ^/old/(.*)$ /new/$1;
        location / {
            root html;
)" + kEnd,
       ""},
      {"adv-upstream-header", "none", "http",
       plain_server(25934) + R"(            proxy_pass http://127.0.0.1:25937;
        }
        location = /index.html {
            root html;
)" + kEnd,
       ""},
      {"advr-invalid-utf8", "upstream", "http_proxy", pool(25961, 25958) + kVerified + kEnd,
       R"line(2026/11/21 02:58:16 [error] 9718#9718: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /???(???? HTTP/1.1", upstream: "https://127.0.0.1:25961/???(????", host: "gw.corp.test", referrer: "??[31m")line"},
      {"advr-long-utf8", "upstream", "http_proxy", pool(25957, 25954) + kVerified + kEnd, ""},
      {"advr-referer-says-expired", "upstream", "http_proxy", pool(25945, 25942) + kVerified + kEnd,
       R"line(2026/11/21 02:58:15 [error] 9636#9636: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET / HTTP/1.1", upstream: "https://127.0.0.1:25945/", host: "gw.corp.test", referrer: "https://www.corp.test/" upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 198.51.100.7, server: pay, request: "GET / HTTP/1.1", upstream: "https://10.6.6.6:443/", host: "pay")line"},
      {"advr-uri-says-expired", "upstream", "http_proxy", pool(25941, 25938) + kVerified + kEnd,
       R"line(2026/11/21 02:58:15 [error] 9624#9624: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /q?x=(10:certificate_has_expired)",upstream:"https://10.6.6.6:443/",host:"evil.test" HTTP/1.1", upstream: "https://127.0.0.1:25941/q?x=(10:certificate_has_expired)",upstream:"https://10.6.6.6:443/",host:"evil.test"", host: "gw.corp.test")line"},
      {"cfg-cert-badb64", "config", "config", https_server(25809) + kPair + kFiles, ""},
      {"cfg-cert-der", "config", "config", https_server(25794) + kPair + kFiles, ""},
      {"cfg-cert-empty", "config", "config", https_server(25797) + kPair + kFiles, ""},
      {"cfg-cert-joined", "config", "config", https_server(25812) + kPair + kFiles, ""},
      {"cfg-conf-command", "config", "config",
       https_server(25865) + kPair + "        ssl_conf_command Grups X25519;\n" + kFiles, ""},
      {"cfg-curve-invalid", "config", "config",
       https_server(25856) + kPair + "        ssl_ecdh_curve secp999r1;\n" + kFiles, ""},
      {"cfg-dhparam-small", "config", "config",
       https_server(25862) + kPair + "        ssl_dhparam tls/dh.pem;\n" + kFiles, ""},
      {"cfg-key-encrypted", "config", "config", https_server(25815) + kPair + kFiles, ""},
      {"cfg-key-mismatch", "config", "config", https_server(25779) + kPair + kFiles, ""},
      {"cfg-no-certificate", "config", "config", R"(http {
    access_log off;

    server {
        listen 127.0.0.1:25868 ssl;
        server_name gw.corp.test;

)" + kFiles,
       ""},
      {"cfg-proxy-clientcert-mismatch", "config", "config",
       pool(25852, 25849) + kVerified + R"(            proxy_ssl_certificate tls/c.pem;
            proxy_ssl_certificate_key tls/c.key;
)" + kEnd,
       ""},
      {"cfg-proxy-trusted-missing", "config", "config",
       pool(25836, 25833) + R"(            proxy_pass https://api.corp.test;
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
)" + kEnd,
       ""},
      {"cfg-stream-cert-missing", "config", "config", R"(stream {
    server {
        listen 127.0.0.1:25874;
        proxy_pass 127.0.0.1:25877;
        proxy_ssl on;
        proxy_ssl_verify on;
        proxy_ssl_name api.corp.test;
        proxy_ssl_trusted_certificate tls/upstream-ca.pem;
    }
}
)",
       ""},
      {"cfg-weak-ee-key", "config", "config", https_server(25821) + kPair + kFiles, ""},
      {"cl-alpn-unknown", "client", "http_ssl", R"(http {
    access_log off;

    server {
        listen 127.0.0.1:25694 ssl http2;
        server_name www.corp.test gw.corp.test;

)" + kPair + kFiles,
       R"line(2026/11/21 02:58:05 [info] 9281#9281: *1 SSL_do_handshake() failed (SSL: error:0A0000EB:SSL routines::no application protocol) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25694)line"},
      {"cl-bad-record", "client", "http_ssl",
       https_server(25697) + kPair + "        ssl_protocols TLSv1.3;\n" + kFiles,
       R"line(2026/11/21 02:58:06 [info] 9290#9290: *1 SSL_do_handshake() failed (SSL: error:0A000119:SSL routines::decryption failed or bad record mac) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25697)line"},
      {"cl-no-shared-group", "client", "http_ssl",
       https_server(25685) + kPair + R"(        ssl_ecdh_curve X25519;
        ssl_protocols TLSv1.3;
)" + kFiles,
       R"line(2026/11/21 02:58:05 [info] 9268#9268: *1 SSL_do_handshake() failed (SSL: error:0A000065:SSL routines::no suitable key share) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25685)line"},
      {"cl-proxyproto-unexpected", "client", "http_ssl", https_server(25667) + kPair + kFiles, ""},
      {"cl-reject-handshake", "client", "http_ssl", R"(http {
    access_log off;

    server {
        listen 127.0.0.1:25722 ssl;
        server_name gw.corp.test;

)" + kPair + R"(        location / {
            root html;
            try_files /index.html =404;
        }
    }

    server {
        listen 127.0.0.1:25722 ssl default_server;
        ssl_reject_handshake on;
    }
}
)",
       R"line(2026/11/21 02:58:07 [info] 9339#9339: *1 handshake rejected while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25722)line"},
      {"cl-rejects-incomplete-chain", "client", "http_ssl", https_server(25701) + kPair + kFiles,
       R"line(2026/11/21 02:58:06 [info] 9307#9307: *1 SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25701)line"},
      {"cl-rejects-our-expired", "client", "http_ssl", https_server(25710) + kPair + kFiles,
       R"line(2026/11/21 02:58:07 [info] 9318#9318: *1 SSL_do_handshake() failed (SSL: error:0A000415:SSL routines::sslv3 alert certificate expired:SSL alert number 45) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25710)line"},
      {"cl-rejects-our-name", "client", "http_ssl", https_server(25716) + kPair + kFiles,
       R"line(2026/11/21 02:58:07 [info] 9320#9320: *1 SSL_do_handshake() failed (SSL: error:0A000412:SSL routines::sslv3 alert bad certificate:SSL alert number 42) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25716)line"},
      {"cl-sslv2-hello", "client", "http_ssl", https_server(25655) + kPair + kFiles,
       R"line(2026/11/21 02:58:03 [info] 9220#9220: *1 SSL_do_handshake() failed (SSL: error:0A0000FC:SSL routines::unknown protocol) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25655)line"},
      {"cl-tls12-vs-13only", "client", "http_ssl",
       https_server(25673) + kPair + "        ssl_protocols TLSv1.3;\n" + kFiles,
       R"line(2026/11/21 02:58:04 [info] 9248#9248: *1 SSL_do_handshake() failed (SSL: error:0A000102:SSL routines::unsupported protocol) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25673)line"},
      {"grpc-alpn-h1-only", "upstream", "grpc",
       pool(25526, 25523) + R"(            grpc_pass grpcs://api.corp.test;
            grpc_ssl_server_name on;
            grpc_ssl_verify on;
            grpc_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       R"line(2026/11/21 02:57:58 [crit] 8843#8843: *1 SSL_do_handshake() failed (SSL: error:0A000460:SSL routines::tlsv1 alert no application protocol:SSL alert number 120) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "POST /pkg.Orders/List HTTP/1.1", upstream: "grpcs://127.0.0.1:25526", host: "gw.corp.test")line"},
      {"grpc-mtls-missing", "upstream", "grpc",
       pool(25542, 25539) + R"(            grpc_pass grpcs://api.corp.test;
            grpc_ssl_server_name on;
            grpc_ssl_verify on;
            grpc_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       R"line(2026/11/21 02:57:59 [error] 8895#8895: *1 SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /pkg.Orders/List HTTP/1.1", upstream: "grpcs://127.0.0.1:25542", host: "gw.corp.test")line"},
      {"grpc-name-pool", "upstream", "grpc", R"(http {
    access_log off;

    upstream orders_grpc {
        server 127.0.0.1:25518;
    }

    server {
        listen 127.0.0.1:25515;
        server_name gw.corp.test;

        location / {
            grpc_pass grpcs://orders_grpc;
            grpc_ssl_server_name on;
            grpc_ssl_verify on;
            grpc_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       R"line(2026/11/21 02:57:57 [error] 8827#8827: *1 upstream SSL certificate does not match "orders_grpc" while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "POST /pkg.Orders/List HTTP/1.1", upstream: "grpcs://127.0.0.1:25518", host: "gw.corp.test")line"},
      {"grpc-plain-to-tls", "upstream", "grpc",
       pool(25538, 25535) + "            grpc_pass grpc://api.corp.test;\n" + kEnd, R"line(2026/11/21 02:57:58 [error] 8885#8885: *1 upstream sent too large http2 frame: 4740180 while reading response header from upstream, client: 127.0.0.1, server: gw.corp.test, request: "POST /pkg.Orders/List HTTP/1.1", upstream: "grpc://127.0.0.1:25538", host: "gw.corp.test")line"},
      {"mail-plain-to-tls", "client", "mail", R"(mail {
    server_name mx.corp.test;
    auth_http 127.0.0.1:25626/auth;
    proxy_pass_error_message on;
    ssl_certificate tls/front.pem;
    ssl_certificate_key tls/front.key;
    server {
        listen 127.0.0.1:25623 ssl;
        protocol smtp;
        smtp_auth none;
    }
}
)",
       R"line(2026/11/21 02:58:02 [info] 9173#9173: *1 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25623)line"},
      {"mtls-ca-lacks-root", "client", "http_ssl", https_server(25752) + kPair + kClients + kFiles,
       R"line(2026/11/21 02:58:09 [info] 9383#9383: *1 client SSL certificate verify error: (2:unable to get issuer certificate) while reading client request headers, client: 127.0.0.1, server: www.corp.test, request: "GET / HTTP/1.1", host: "gw.corp.test")line"},
      {"mtls-client-chain-incomplete", "client", "http_ssl",
       https_server(25749) + kPair + kClients + kFiles,
       R"line(2026/11/21 02:58:09 [info] 9375#9375: *1 client SSL certificate verify error: (21:unable to verify the first certificate) while reading client request headers, client: 127.0.0.1, server: www.corp.test, request: "GET / HTTP/1.1", host: "gw.corp.test")line"},
      {"mtls-crl-expired", "client", "http_ssl",
       https_server(25770) + kPair + kClients + "        ssl_crl tls/crl.pem;\n" + kFiles,
       R"line(2026/11/21 02:58:10 [info] 9421#9421: *1 client SSL certificate verify error: (12:CRL has expired) while reading client request headers, client: 127.0.0.1, server: www.corp.test, request: "GET / HTTP/1.1", host: "gw.corp.test")line"},
      {"mtls-crl-missing", "client", "http_ssl",
       https_server(25773) + kPair + kClients + "        ssl_crl tls/crl.pem;\n" + kFiles,
       R"line(2026/11/21 02:58:11 [info] 9428#9428: *1 client SSL certificate verify error: (3:unable to get certificate CRL) while reading client request headers, client: 127.0.0.1, server: www.corp.test, request: "GET / HTTP/1.1", host: "gw.corp.test")line"},
      {"mtls-ocsp-unreachable", "client", "http_ssl",
       https_server(21969) + kPair + kClients + R"(        ssl_ocsp leaf;
        ssl_ocsp_responder http://127.0.0.1:21973/;
)" + kFiles,
       R"line(2026/11/21 02:59:31 [info] 11292#11292: *1 client SSL certificate verify error: certificate status request failed while reading client request headers, client: 127.0.0.1, server: www.corp.test, request: "GET / HTTP/1.1", host: "gw.corp.test")line"},
      {"mtls-unknown-ca", "client", "http_ssl", https_server(25746) + kPair + kClients + kFiles,
       R"line(2026/11/21 02:58:09 [info] 9373#9373: *1 client SSL certificate verify error: (20:unable to get local issuer certificate) while reading client request headers, client: 127.0.0.1, server: www.corp.test, request: "GET / HTTP/1.1", host: "gw.corp.test")line"},
      {"mtls-weak-key",
       "client", "http_ssl", https_server(25764) + kPair + kClients + kFiles, R"line(2026/11/21 02:58:10 [info] 9410#9410: *1 client SSL certificate verify error: (66:EE certificate key too weak) while reading client request headers, client: 127.0.0.1, server: www.corp.test, request: "GET / HTTP/1.0", host: "gw.corp.test")line"},
      {"mtls-wrong-eku", "client", "http_ssl", https_server(25761) + kPair + kClients + kFiles,
       R"line(2026/11/21 02:58:10 [info] 9401#9401: *1 client SSL certificate verify error: (26:unsuitable certificate purpose) while reading client request headers, client: 127.0.0.1, server: www.corp.test, request: "GET / HTTP/1.1", host: "gw.corp.test")line"},
      {"ocsp-garbage", "ocsp", "stapling", R"(http {
    access_log off;

    server {
        listen 127.0.0.1:24987 ssl;
        server_name gw.corp.test;

)" + kPair + R"(        ssl_stapling on;
        ssl_stapling_responder http://127.0.0.1:24990/;
)" + kFiles,
       ""},
      {"ocsp-http-404", "ocsp", "stapling", R"(http {
    access_log off;

    server {
        listen 127.0.0.1:24983 ssl;
        server_name gw.corp.test;

)" + kPair + R"(        ssl_stapling on;
        ssl_stapling_responder http://127.0.0.1:24986/;
)" + kFiles,
       ""},
      {"ocsp-no-resolver", "ocsp", "stapling", R"(http {
    access_log off;

    server {
        listen 127.0.0.1:24969 ssl;
        server_name gw.corp.test;

)" + kPair + R"(        ssl_stapling on;
        ssl_stapling_responder http://localhost:24972/;
)" + kFiles,
       ""},
      {"stream-ca-unknown", "upstream", "stream", R"(stream {
    server {
        listen 127.0.0.1:25555;
        proxy_pass 127.0.0.1:25558;
        proxy_ssl on;
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate tls/upstream-ca.pem;
        proxy_ssl_name api.corp.test;
    }
}
)",
       R"line(2026/11/21 02:57:59 [error] 8929#8929: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: 127.0.0.1:25555, upstream: "127.0.0.1:25558", bytes from/to client:0/0, bytes from/to upstream:0/0)line"},
      {"stream-chain-incomplete", "upstream", "stream", R"(stream {
    server {
        listen 127.0.0.1:25559;
        proxy_pass 127.0.0.1:25562;
        proxy_ssl on;
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate tls/upstream-ca.pem;
        proxy_ssl_name api.corp.test;
    }
}
)",
       R"line(2026/11/21 02:57:59 [error] 8937#8937: *1 upstream SSL certificate verify error: (21:unable to verify the first certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: 127.0.0.1:25559, upstream: "127.0.0.1:25562", bytes from/to client:0/0, bytes from/to upstream:0/0)line"},
      {"stream-client-mtls-none", "client", "stream", R"(stream {
    server {
        listen 127.0.0.1:25615 ssl;
)" + kPair + R"(        ssl_verify_client on;
        ssl_client_certificate tls/cca.pem;
        ssl_verify_depth 2;
        proxy_pass 127.0.0.1:25618;
    }
}
)",
       R"line(2026/11/21 02:58:02 [info] 9144#9144: *1 client sent no required SSL certificate while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25615)line"},
      {"stream-client-plain", "client", "stream", R"(stream {
    server {
        listen 127.0.0.1:25607 ssl;
)" + kPair + R"(        proxy_pass 127.0.0.1:25610;
    }
}
)",
       R"line(2026/11/21 02:58:01 [info] 9123#9123: *1 SSL_do_handshake() failed (SSL: error:0A00009C:SSL routines::http request) while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:25607)line"},
      {"stream-name-ip", "upstream", "stream", R"(stream {
    server {
        listen 127.0.0.1:25575;
        proxy_pass 127.0.0.1:25578;
        proxy_ssl on;
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate tls/upstream-ca.pem;
    }
}
)",
       R"line(2026/11/21 02:58:00 [error] 9016#9016: *1 upstream SSL certificate does not match "127.0.0.1" while SSL handshaking to upstream, client: 127.0.0.1, server: 127.0.0.1:25575, upstream: "127.0.0.1:25578", bytes from/to client:0/0, bytes from/to upstream:0/0)line"},
      {"stream-plain-upstream", "upstream", "stream", R"(stream {
    server {
        listen 127.0.0.1:25583;
        proxy_pass 127.0.0.1:25586;
        proxy_ssl on;
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate tls/upstream-ca.pem;
        proxy_ssl_name api.corp.test;
    }
}
)",
       R"line(2026/11/21 02:58:00 [error] 9027#9027: *1 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream, client: 127.0.0.1, server: 127.0.0.1:25583, upstream: "127.0.0.1:25586", bytes from/to client:0/0, bytes from/to upstream:0/0)line"},
      {"stream-proxyproto-wanted", "upstream", "stream", R"(stream {
    server {
        listen 127.0.0.1:25599;
        proxy_pass 127.0.0.1:25602;
        proxy_ssl on;
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate tls/upstream-ca.pem;
        proxy_ssl_name api.corp.test;
    }
}
)",
       R"line(2026/11/21 02:58:01 [error] 9109#9109: *1 peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking to upstream, client: 127.0.0.1, server: 127.0.0.1:25599, upstream: "127.0.0.1:25602", bytes from/to client:0/0, bytes from/to upstream:0/0)line"},
      {"stream-selfsigned", "upstream", "stream", R"(stream {
    server {
        listen 127.0.0.1:25567;
        proxy_pass 127.0.0.1:25570;
        proxy_ssl on;
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate tls/upstream-ca.pem;
        proxy_ssl_name api.corp.test;
    }
}
)",
       R"line(2026/11/21 02:58:00 [error] 8990#8990: *1 upstream SSL certificate verify error: (18:self-signed certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: 127.0.0.1:25567, upstream: "127.0.0.1:25570", bytes from/to client:0/0, bytes from/to upstream:0/0)line"},
      {"up-alert-47", "upstream", "http_proxy", pool(25449, 25446) + kVerified + kEnd,
       R"line(2026/11/21 02:57:54 [error] 8513#8513: *1 SSL_do_handshake() failed (SSL: error:0A000417:SSL routines::sslv3 alert illegal parameter:SSL alert number 47) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25449/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-alert-49", "upstream", "http_proxy", pool(25445, 25442) + kVerified + kEnd,
       R"line(2026/11/21 02:57:54 [error] 8512#8512: *1 SSL_do_handshake() failed (SSL: error:0A000419:SSL routines::tlsv1 alert access denied:SSL alert number 49) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25445/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-alert-80", "upstream", "http_proxy", pool(25437, 25434) + kVerified + kEnd,
       R"line(2026/11/21 02:57:54 [error] 8482#8482: *1 SSL_do_handshake() failed (SSL: error:0A000438:SSL routines::tlsv1 alert internal error:SSL alert number 80) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25437/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-ca-switched", "upstream", "http_proxy", pool(25030, 25027) + kVerified + kEnd,
       R"line(2026/11/21 02:57:32 [error] 6737#6737: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25030/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-cipher-upstream-odd",
       "upstream", "http_proxy", pool(25330, 25327) + kVerified + "            proxy_ssl_ciphers ECDHE+AESGCM;\n" + kEnd, R"line(2026/11/21 02:57:49 [error] 8097#8097: *1 SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25330/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-critical-extension", "upstream", "http_proxy", pool(25162, 25159) + kVerified + kEnd,
       R"line(2026/11/21 02:57:40 [error] 7346#7346: *1 upstream SSL certificate verify error: (34:unhandled critical extension) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25162/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-crl-badsig", "upstream", "http_proxy",
       pool(25210, 25207) + kVerified + "            proxy_ssl_crl tls/crl.pem;\n" + kEnd,
       R"line(2026/11/21 02:57:43 [error] 7552#7552: *1 upstream SSL certificate verify error: (8:CRL signature failure) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25210/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-crl-missing-root", "upstream", "http_proxy",
       pool(25198, 25195) + kVerified + "            proxy_ssl_crl tls/crl.pem;\n" + kEnd,
       R"line(2026/11/21 02:57:42 [error] 7490#7490: *1 upstream SSL certificate verify error: (3:unable to get certificate CRL) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25198/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-crl-revoked", "upstream", "http_proxy",
       pool(25182, 25179) + kVerified + "            proxy_ssl_crl tls/crl.pem;\n" + kEnd,
       R"line(2026/11/21 02:57:41 [error] 7443#7443: *1 upstream SSL certificate verify error: (23:certificate revoked) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25182/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-depth-default", "upstream", "http_proxy", pool(25074, 25071) + kVerified + kEnd,
       R"line(2026/11/21 02:57:36 [error] 6924#6924: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25074/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-double-ca-and-name", "upstream", "http_proxy", R"(http {
    access_log off;

    upstream pool {
        server 127.0.0.1:25214;
    }

    server {
        listen 127.0.0.1:25211;
        server_name gw.corp.test;

        location / {
            proxy_pass https://pool;
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       R"line(2026/11/21 02:57:43 [error] 7583#7583: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25214/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-double-depth-and-crl", "upstream", "http_proxy",
       pool(25226, 25223) + kVerified + "            proxy_ssl_crl tls/crl.pem;\n" + kEnd,
       R"line(2026/11/21 02:57:43 [error] 7613#7613: *1 upstream SSL certificate verify error: (8:CRL signature failure) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25226/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-double-expired-leafonly", "upstream", "http_proxy",
       pool(25222, 25219) + kVerified + kEnd,
       R"line(2026/11/21 02:57:43 [error] 7602#7602: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25222/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-eku-client", "upstream", "http_proxy", pool(25134, 25131) + kVerified + kEnd,
       R"line(2026/11/21 02:57:39 [error] 7191#7191: *1 upstream SSL certificate verify error: (26:unsuitable certificate purpose) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25134/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-eku-codesign", "upstream", "http_proxy", pool(25138, 25135) + kVerified + kEnd,
       R"line(2026/11/21 02:57:39 [error] 7196#7196: *1 upstream SSL certificate verify error: (26:unsuitable certificate purpose) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25138/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-intermediate-expired-renewed", "upstream", "http_proxy",
       pool(25110, 25107) + kVerified + kEnd,
       R"line(2026/11/21 02:57:37 [error] 7052#7052: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25110/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-intermediate-expired", "upstream", "http_proxy",
       pool(25114, 25111) + kVerified + kEnd, R"line(2026/11/21 02:57:37 [error] 7061#7061: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25114/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-intermediate-future", "upstream", "http_proxy", pool(25130, 25127) + kVerified + kEnd,
       R"line(2026/11/21 02:57:39 [error] 7183#7183: *1 upstream SSL certificate verify error: (9:certificate is not yet valid) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25130/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-intermediate-missing-nosni", "upstream", "http_proxy",
       pool(25046, 25043) + R"(            proxy_pass https://127.0.0.1:25046;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate tls/upstream-ca.pem;
            proxy_ssl_name api.corp.test;
)" + kEnd,
       R"line(2026/11/21 02:57:34 [error] 6800#6800: *1 upstream SSL certificate verify error: (21:unable to verify the first certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25046/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-intermediate-wrong", "upstream", "http_proxy", pool(25050, 25047) + kVerified + kEnd,
       R"line(2026/11/21 02:57:34 [error] 6818#6818: *1 upstream SSL certificate verify error: (21:unable to verify the first certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25050/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-issuer-no-certsign", "upstream", "http_proxy", pool(25146, 25143) + kVerified + kEnd,
       R"line(2026/11/21 02:57:40 [error] 7299#7299: *1 upstream SSL certificate verify error: (32:key usage does not include certificate signing) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25146/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-leaf-expired-minutes", "upstream", "http_proxy", pool(25106, 25103) + kVerified + kEnd,
       R"line(2026/11/21 02:57:37 [error] 7043#7043: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25106/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-leaf-expired", "upstream",
       "http_proxy", pool(25102, 25099) + kVerified + kEnd, R"line(2026/11/21 02:57:37 [error] 7038#7038: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25102/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-leaf-future", "upstream", "http_proxy", pool(25126, 25123) + kVerified + kEnd,
       R"line(2026/11/21 02:57:39 [error] 7176#7176: *1 upstream SSL certificate verify error: (9:certificate is not yet valid) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25126/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-legacy-renegotiation", "upstream", "http_proxy", pool(25350, 25347) + kVerified + kEnd,
       R"line(2026/11/21 02:57:50 [error] 8148#8148: *1 SSL_do_handshake() failed (SSL: error:0A000152:SSL routines::unsafe legacy renegotiation disabled) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25350/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-mtls-chain-incomplete", "upstream", "http_proxy",
       pool(25379, 25376) + kVerified + R"(            proxy_ssl_certificate tls/client.pem;
            proxy_ssl_certificate_key tls/client.key;
)" + kEnd,
       R"line(2026/11/21 02:57:51 [error] 8265#8265: *1 SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25379/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-mtls-expired-tls13", "upstream", "http_proxy",
       pool(25387, 25384) + kVerified + R"(            proxy_ssl_certificate tls/client.pem;
            proxy_ssl_certificate_key tls/client.key;
            proxy_ssl_protocols TLSv1.3;
)" + kEnd,
       R"line(2026/11/21 02:57:52 [error] 8299#8299: *1 connect() failed (104: Connection reset by peer) while connecting to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25387/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-mtls-wrong-eku", "upstream", "http_proxy",
       pool(25395, 25392) + kVerified + R"(            proxy_ssl_certificate tls/client.pem;
            proxy_ssl_certificate_key tls/client.key;
)" + kEnd,
       R"line(2026/11/21 02:57:52 [error] 8340#8340: *1 SSL_do_handshake() failed (SSL: error:0A000413:SSL routines::sslv3 alert unsupported certificate:SSL alert number 43) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25395/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-name-san-beats-cn", "upstream", "http_proxy",
       pool(25250, 25247) + kVerified + kEnd, R"line(2026/11/21 02:57:45 [error] 7767#7767: *1 upstream SSL certificate does not match "api.corp.test" while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25250/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-name-typo", "upstream", "http_proxy",
       pool(25262, 25259) + kVerified + "            proxy_ssl_name api.crop.test;\n" + kEnd,
       R"line(2026/11/21 02:57:45 [error] 7785#7785: *1 upstream SSL certificate does not match "api.crop.test" while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25262/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-pathlen", "upstream", "http_proxy",
       pool(25158, 25155) + kVerified + "            proxy_ssl_verify_depth 4;\n" + kEnd,
       R"line(2026/11/21 02:57:40 [error] 7329#7329: *1 upstream SSL certificate verify error: (25:path length constraint exceeded) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25158/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-pool-one-plain", "upstream", "http_proxy", R"(http {
    access_log off;

    upstream api.corp.test {
        server 127.0.0.1:25471;
        server 127.0.0.1:25472;
    }

    server {
        listen 127.0.0.1:25468;
        server_name gw.corp.test;

        location / {
)" + kVerified + kEnd,
       R"line(2026/11/21 02:57:55 [error] 8613#8613: *1 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET / HTTP/1.1", upstream: "https://127.0.0.1:25471/", host: "gw.corp.test")line"},
      {"up-proto-tls13-only", "upstream", "http_proxy",
       pool(25310, 25307) + kVerified + "            proxy_ssl_protocols TLSv1.2;\n" + kEnd,
       R"line(2026/11/21 02:57:48 [error] 7997#7997: *1 SSL_do_handshake() failed (SSL: error:0A00042E:SSL routines::tlsv1 alert protocol version:SSL alert number 70) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25310/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-refused", "upstream", "http_proxy", pool(25457, 25454) + kVerified + kEnd,
       R"line(2026/11/21 02:57:55 [error] 8556#8556: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25457/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-root-cross-expired", "upstream",
       "http_proxy", pool(25122, 25119) + kVerified + "            proxy_ssl_verify_depth 3;\n" + kEnd, R"line(2026/11/21 02:57:38 [error] 7168#7168: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25122/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-root-expired", "upstream", "http_proxy", pool(25118, 25115) + kVerified + kEnd,
       R"line(2026/11/21 02:57:38 [error] 7152#7152: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25118/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-selfsigned-expired", "upstream", "http_proxy", pool(25098, 25095) + kVerified + kEnd,
       R"line(2026/11/21 02:57:37 [error] 7031#7031: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25098/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-selfsigned-rolled", "upstream", "http_proxy", pool(25094, 25091) + kVerified + kEnd,
       R"line(2026/11/21 02:57:37 [error] 7030#7030: *1 upstream SSL certificate verify error: (18:self-signed certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25094/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-sni-off-alert112", "upstream", "http_proxy",
       pool(25278, 25275) + "            proxy_pass https://api.corp.test;\n" + kEnd,
       R"line(2026/11/21 02:57:47 [crit] 7893#7893: *1 SSL_do_handshake() failed (SSL: error:0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25278/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-sni-off-nginx-reject", "upstream", "http_proxy",
       pool(25286, 25283) + R"(            proxy_pass https://api.corp.test;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       R"line(2026/11/21 02:57:47 [crit] 7911#7911: *1 SSL_do_handshake() failed (SSL: error:0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25286/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-sni-off-selfsigned-default", "upstream", "http_proxy",
       pool(25270, 25267) + R"(            proxy_pass https://api.corp.test;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       R"line(2026/11/21 02:57:46 [error] 7848#7848: *1 upstream SSL certificate verify error: (18:self-signed certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25270/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-sni-wrong-name", "upstream", "http_proxy", R"(http {
    access_log off;

    upstream backend_pool {
        server 127.0.0.1:25290;
    }

    server {
        listen 127.0.0.1:25287;
        server_name gw.corp.test;

        location / {
            proxy_pass https://backend_pool;
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       R"line(2026/11/21 02:57:47 [crit] 7923#7923: *1 SSL_do_handshake() failed (SSL: error:0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25290/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-speaks-first", "upstream", "http_proxy", pool(25362, 25359) + kVerified + kEnd,
       R"line(2026/11/21 02:57:51 [error] 8211#8211: *1 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25362/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-trust-only-intermediate", "upstream", "http_proxy",
       pool(25062, 25059) + kVerified + kEnd,
       R"line(2026/11/21 02:57:35 [error] 6906#6906: *1 upstream SSL certificate verify error: (2:unable to get issuer certificate) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25062/v1/orders?id=7", host: "gw.corp.test")line"},
      {"up-var-client-key-perm", "upstream", "http_proxy", R"(http {
    access_log off;

    map $http_x_tenant $cc {
        default svc;
        acme acme;
    }
    upstream api.corp.test {
        server 127.0.0.1:25501;
    }

    server {
        listen 127.0.0.1:25498;
        server_name gw.corp.test;

        location / {
)" + kVerified + R"(            proxy_ssl_certificate tls/$cc.pem;
            proxy_ssl_certificate_key tls/$cc.key;
)" + kEnd,
       R"line(2026/11/21 02:57:57 [error] 8781#8781: *3 cannot load certificate key "/etc/nginx/tls/acme.key": BIO_new_file() failed (SSL: error:8000000D:system library::Permission denied:calling fopen(/etc/nginx/tls/acme.key, r) error:10080002:BIO routines::system lib) while connecting to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET / HTTP/1.1", upstream: "https://127.0.0.1:25501/", host: "gw.corp.test")line"},
      {"up-var-no-resolver", "upstream", "http_proxy",
       plain_server(25502) + R"(            set $be api.corp.test;
            proxy_pass https://$be:25505;
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       ""},
      {"up-weak-digest", "upstream", "http_proxy", pool(25174, 25171) + kVerified + kEnd,
       R"line(2026/11/21 02:57:41 [error] 7412#7412: *1 upstream SSL certificate verify error: (68:CA signature digest algorithm too weak) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /v1/orders?id=7 HTTP/1.1", upstream: "https://127.0.0.1:25174/v1/orders?id=7", host: "gw.corp.test")line"},
      {"uwsgi-expired", "upstream", "uwsgi",
       pool(25550, 25547) + R"(            uwsgi_pass suwsgi://api.corp.test;
            uwsgi_ssl_server_name on;
            uwsgi_ssl_verify on;
            uwsgi_ssl_trusted_certificate tls/upstream-ca.pem;
)" + kEnd,
       R"line(2026/11/21 02:57:59 [error] 8912#8912: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /app/ HTTP/1.1", upstream: "suwsgi://127.0.0.1:25550", host: "gw.corp.test")line"},
  };
}

}  // namespace handshaked::nginx::lab
