using Npgsql;

namespace StoryPortal.Generator;

/// <summary>Addresses of databases as <c>./start.sh --env</c> prints them, which Npgsql does not read.</summary>
public static class DatabaseUrl
{
    /// <summary>The connection string for <c>postgresql://user:password@host:port/database</c>; a connection string stays as it is.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string ToConnectionString(string text)
    {
        if (!text.StartsWith("postgres://", StringComparison.Ordinal) && !text.StartsWith("postgresql://", StringComparison.Ordinal))
        {
            return new NpgsqlConnectionStringBuilder(text).ConnectionString;
        }

        var url = new Uri(text);
        var user = url.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port > 0 ? url.Port : 5432,
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            Database = url.AbsolutePath.Trim('/'),
        }.ConnectionString;
    }
}
