# make_certificates FOLDER: a CA for this folder only, and a server certificate for this machine. Sourced by
# what starts a node for people to try: ./dev run and ./dev bench.

make_certificates() {
  local home="$1"
  if [[ -s "$home/ca.pem" && -s "$home/server.pem" && -s "$home/server.key" ]] &&
    openssl x509 -in "$home/server.pem" -noout -checkend 86400 > /dev/null; then
    return
  fi
  say "Creating a development CA and a server certificate in ${home#"$PWD/"}."
  openssl ecparam -name prime256v1 -genkey -noout -out "$home/ca.key"
  openssl req -x509 -new -key "$home/ca.key" -sha256 -days 3650 -out "$home/ca.pem" \
    -subj "/CN=Conclave development CA" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign"
  openssl ecparam -name prime256v1 -genkey -noout -out "$home/server.key"
  openssl req -new -key "$home/server.key" -subj "/CN=localhost" -out "$home/server.csr"
  openssl x509 -req -in "$home/server.csr" -CA "$home/ca.pem" -CAkey "$home/ca.key" \
    -CAcreateserial -sha256 -days 825 -out "$home/server.pem" 2> /dev/null -extfile <(
      printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
        "extendedKeyUsage=serverAuth" "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
    )
  rm -f "$home/server.csr"
}
