"""Load cloud assemblies and templates, without the CDK and without AWS.

Entry points for other packages:

- `load.load(path)`: the stacks of a cloud assembly, of a template or of a `CreateAlgorithm` request.
- `algorithms.algorithms(stack)`: the algorithms of a stack, with definition, settings and construct path.
- `assets.read_assets(stack)`: the Docker images and files that a deployment publishes, by URI.
- `intrinsics.Resolver(stack)`: values of the template, with intrinsic functions resolved as far as possible.
- `unresolved`: deploy-time values inside resolved values: `is_decided`, `display`, `compare`, `explain`.
- `deployed.Deployed`: the deployed templates of the same stacks, from CloudFormation.

All input is untrusted. `files` opens every file, and none outside of the assembly. `documents` and `intrinsics` limit
size, depth and work. Invalid input raises `errors.InputError`.
"""
