/// conclaved, the server.
#include "node/conclaved.h"

int main(int argc, char** argv) {
  return conclave::node::run_conclaved(argc, argv, {});
}
