using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A program that runs as a process.</summary>
    public class ExecutableResource(string name, string command, string workingDirectory)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
    {
        /// <summary>The program.</summary>
        public string Command { get; } = command;

        /// <summary>Where it runs.</summary>
        public string WorkingDirectory { get; } = workingDirectory;
    }
}

namespace Aspire.Hosting
{
    /// <summary>Adds programs.</summary>
    public static class ExecutableResourceBuilderExtensions
    {
        extension(IDistributedApplicationBuilder builder)
        {
            /// <summary>Adds a program; its directory is relative to the AppHost's.</summary>
            public IResourceBuilder<ExecutableResource> AddExecutable(string name, string command, string workingDirectory, params string[]? args) =>
                builder.AddExecutable(name, command, workingDirectory, [.. (args ?? []).Cast<object>()]);

            /// <summary>Adds a program; its directory is relative to the AppHost's, its arguments may be values.</summary>
            public IResourceBuilder<ExecutableResource> AddExecutable(string name, string command, string workingDirectory, params object[]? args) => builder
                .AddResource(new ExecutableResource(name, command, Path.GetFullPath(workingDirectory, builder.AppHostDirectory)))
                .WithArgs(args ?? []);
        }
    }
}
