using System.Globalization;

namespace StoryPortal.Generator;

/// <summary>What the command line asks for.</summary>
internal sealed record GeneratorArguments(string ConnectionString, DatasetSize Size, int Seed, bool Replace)
{
    public const string Usage = """
        usage: StoryPortal.Generator [options] [connection]
          connection      postgresql://… or Host=…;…; default: the environment's DATABASE_URL
          --scale N       1 (default) is 100,000 agents, 1,000,000 events and 1,000,000 API requests
          --agents N  --events N  --requests N   each by itself
          --seed N        another seed makes other rows; the same seed the same ones (default 1)
          --replace       empties agents, sessions, events and api_requests first: everything in them is lost
        """;

    /// <summary>Reads a command line; returns what is wrong with it, or null.</summary>
    public static string? TryParse(IReadOnlyList<string> args, string? fallback, out GeneratorArguments? arguments)
    {
        arguments = null;
        var (size, seed, replace, connection) = (DatasetSize.Full, 1, false, fallback);
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i];
            if (name == "--replace")
            {
                replace = true;
            }
            else if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                connection = name;
            }
            else if (name is not ("--scale" or "--agents" or "--events" or "--requests" or "--seed"))
            {
                return $"{name} is not known.";
            }
            else if (++i == args.Count || !double.TryParse(args[i], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value is <= 0 or > 1e9)
            {
                return $"{name} needs a number above 0.";
            }
            else
            {
                var count = (int)value;
                (size, seed) = name switch
                {
                    "--scale" => (DatasetSize.Full.Scaled(value), seed),
                    "--agents" => (size with { Agents = count }, seed),
                    "--events" => (size with { Events = count }, seed),
                    "--requests" => (size with { ApiRequests = count }, seed),
                    _ => (size, count),
                };
            }
        }

        if (string.IsNullOrEmpty(connection))
        {
            return "No database is named: eval \"$(./start.sh --env)\" sets DATABASE_URL.";
        }

        if (ConnectionStringOf(connection) is not { } connectionString)
        {
            return $"'{connection}' is not a connection string.";
        }

        arguments = new GeneratorArguments(connectionString, size, seed, replace);
        return null;
    }

    private static string? ConnectionStringOf(string text)
    {
        try
        {
            return DatabaseUrl.ToConnectionString(text);
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            return null;
        }
    }
}
