"""Cloud assemblies and templates, read without the CDK and without AWS.

What other parts use:

- `load.load(path)`: the stacks of a cloud assembly, of a template or of a `CreateAlgorithm` request.
- `algorithms.algorithms(stack)`: the algorithms of a stack, with definition, settings and construct path.
- `assets.read_assets(stack)`: the Docker images and files that a deployment publishes, found by URI.
- `intrinsics.Resolver(stack)`: values of the template, resolved as far as the template allows.
- `unresolved`: deploy-time values inside of resolved ones: `is_decided`, `display`, `compare`, `explain`.
- `deployed.Deployed`: the same stacks as CloudFormation has them.

All input is untrusted: `files` opens every file, and no file outside of the assembly; `documents` and `intrinsics`
limit size, depth and work. Whatever is wrong with it is an `errors.InputError`.
"""
