/// `conclave`: the command for users and operators. See client/cli/app.cc.
#include "client/cli/app.h"

int main(int argc, char** argv) {
  return conclave::client::cli::run(argc, argv);
}
