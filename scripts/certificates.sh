# make_certificates FOLDER: a CA for this folder only, and a server certificate for this machine.
# make_cluster_certificates FOLDER CLUSTER NUMBER...: a CA for the nodes among themselves, and a
# certificate for each. Sourced by what starts nodes for people to try: ./dev run, bench, cluster.

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

# FOLDER/cluster-ca.pem, and FOLDER/node<NUMBER>/peer.pem and peer.key. It is another authority than
# that of the server certificates, so that no certificate for users is one for nodes. The URI says
# which node of which cluster it is; both sides of a connection show theirs.
make_cluster_certificates() {
  local home="$1" cluster="$2" number folder
  shift 2
  if [[ ! -s "$home/cluster-ca.pem" ]]; then
    openssl ecparam -name prime256v1 -genkey -noout -out "$home/cluster-ca.key"
    openssl req -x509 -new -key "$home/cluster-ca.key" -sha256 -days 3650 \
      -out "$home/cluster-ca.pem" -subj "/CN=Conclave development cluster $cluster" \
      -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign"
  fi
  for number in "$@"; do
    folder="$home/node$number"
    mkdir -p "$folder"
    if [[ -s "$folder/peer.pem" && -s "$folder/peer.key" ]] &&
      openssl x509 -in "$folder/peer.pem" -noout -checkend 86400 > /dev/null &&
      openssl verify -CAfile "$home/cluster-ca.pem" "$folder/peer.pem" > /dev/null 2>&1; then
      continue
    fi
    openssl ecparam -name prime256v1 -genkey -noout -out "$folder/peer.key"
    openssl req -new -key "$folder/peer.key" -subj "/CN=node$number" -out "$folder/peer.csr"
    openssl x509 -req -in "$folder/peer.csr" -CA "$home/cluster-ca.pem" \
      -CAkey "$home/cluster-ca.key" -CAcreateserial -sha256 -days 825 -out "$folder/peer.pem" \
      2> /dev/null -extfile <(
        printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
          "extendedKeyUsage=serverAuth,clientAuth" \
          "subjectAltName=URI:conclave://$cluster/$number,DNS:localhost,IP:127.0.0.1,IP:::1"
      )
    rm -f "$folder/peer.csr"
    chmod 600 "$folder/peer.key"
  done
}
